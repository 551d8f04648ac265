// SPDX-License-Identifier: AGPL-3.0-or-later

package redis

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// address is where Redis is, as a URL of [Open] says.
type address struct {
	tls            bool
	sentinel       bool
	cluster        bool
	user, password string
	hosts          []string // host:port
	master         string   // with sentinel
	db             int
	query          url.Values
}

// parse reads a URL. Its errors never show the URL: a password may be in it.
func parse(text string) (address, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return address{}, errors.New("redis URL: no scheme")
	}
	var a address
	if err := a.setScheme(scheme); err != nil {
		return address{}, err
	}
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(rest, "/")
	for _, set := range []struct {
		part func(string) error
		text string
	}{{a.setQuery, query}, {a.setAuthority, authority}, {a.setPath, path}} {
		if err := set.part(set.text); err != nil {
			return address{}, err
		}
	}
	return a, nil
}

func (a *address) setScheme(scheme string) error {
	transport, kind, _ := strings.Cut(scheme, "+")
	switch kind {
	case "":
	case "sentinel":
		a.sentinel = true
	case "cluster":
		a.cluster = true
	default:
		return errors.New("redis URL: no such scheme")
	}
	switch transport {
	case "redis":
	case "rediss":
		a.tls = true
	default:
		return errors.New("redis URL: no such scheme")
	}
	return nil
}

// setAuthority reads user:password@host:port,host:port…
func (a *address) setAuthority(text string) error {
	if i := strings.LastIndex(text, "@"); i >= 0 {
		user, password, _ := strings.Cut(text[:i], ":")
		var errs [2]error
		a.user, errs[0] = url.PathUnescape(user)
		a.password, errs[1] = url.PathUnescape(password)
		if errors.Join(errs[:]...) != nil {
			return errors.New("redis URL: user or password is not percent-encoded")
		}
		text = text[i+1:]
	}
	port := "6379"
	if a.sentinel {
		port = "26379"
	}
	for host := range strings.SplitSeq(text, ",") {
		hostPort, err := withPort(host, port)
		if err != nil {
			return err
		}
		a.hosts = append(a.hosts, hostPort)
	}
	if len(a.hosts) > 1 && !a.sentinel && !a.cluster {
		return errors.New("redis URL: several hosts need redis+sentinel or redis+cluster")
	}
	return nil
}

func withPort(host, port string) (string, error) {
	if bare := strings.Trim(host, "[]"); host == "["+bare+"]" || !strings.Contains(host, ":") {
		host = net.JoinHostPort(bare, port)
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil || name == "" {
		return "", errors.New("redis URL: not a host and port")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", errors.New("redis URL: not a port")
	}
	return host, nil
}

// setPath reads the name of the master, for Sentinel, and the database.
func (a *address) setPath(path string) error {
	if a.sentinel {
		a.master, path, _ = strings.Cut(path, "/")
		if a.master == "" {
			return errors.New("redis URL: Sentinel needs the name of the master")
		}
	}
	if path == "" {
		return nil
	}
	db, err := strconv.ParseUint(path, 10, 16)
	if err != nil {
		return errors.New("redis URL: not a database number")
	}
	if a.cluster && db != 0 {
		return errors.New("redis URL: a Cluster has one database")
	}
	a.db = int(db)
	return nil
}

func (a *address) setQuery(text string) error {
	query, err := url.ParseQuery(text)
	if err != nil {
		return errors.New("redis URL: not a query")
	}
	for name := range query {
		if !a.sentinel || name != "sentinel_user" && name != "sentinel_password" {
			return fmt.Errorf("redis URL: no such option: %q", name)
		}
	}
	a.query = query
	return nil
}

// options are those of the client for this address.
func (a *address) options() *goredis.UniversalOptions {
	o := &goredis.UniversalOptions{
		Addrs: a.hosts, DB: a.db,
		Username: a.user, Password: a.password,
		SentinelUsername: a.query.Get("sentinel_user"), SentinelPassword: a.query.Get("sentinel_password"),
		MasterName: a.master, IsClusterMode: a.cluster,
	}
	if a.tls {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return o
}
