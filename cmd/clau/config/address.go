// SPDX-License-Identifier: AGPL-3.0-or-later

package config

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"commonscloud.coop/clau/ldapbackend/schema"
)

// Loopback reports whether host can only be this machine, whatever a name
// server says: an address of the loopback block, or a localhost name (RFC 6761
// section 6.3).
func Loopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func issuerProblem(value string) string {
	if value == "" {
		return `is missing; it is the address by which everybody reaches Clau, as "https://id.example.coop"`
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return "is not a web address"
	}
	switch {
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(value, "#"):
		return "must be without user, query and fragment"
	case strings.HasSuffix(u.Path, "/"):
		return "must not end in a slash: services compare it letter by letter"
	case u.Host != strings.ToLower(u.Host):
		return "must be in lower case: services compare it letter by letter"
	case u.Scheme == "http" && !Loopback(u.Hostname()):
		return "must be https; http is for localhost alone"
	case u.Scheme != "http" && u.Scheme != "https":
		return "must be https"
	}
	return ""
}

func listenProblem(value string) string {
	_, port, err := net.SplitHostPort(value)
	if err != nil {
		return `is not an address to listen on, as "127.0.0.1:8080" or ":443"`
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return when(err != nil, "needs a port number between 0 and 65535")
}

func prefixProblem(value string) string {
	_, err := parsePrefix(value)
	return when(err != nil, `has `+strconv.Quote(value)+`, which is no address or block, as "10.0.0.7" or "10.0.0.0/8"`)
}

// parsePrefix takes an address for the block of itself alone.
func parsePrefix(value string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(value); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(value)
	return p.Masked(), err
}

func schemes(allowed ...string) func(string) string {
	return func(value string) string {
		u, err := url.Parse(value)
		if err != nil {
			return "is not an address"
		}
		return when(!slices.Contains(allowed, u.Scheme), "must begin with "+strings.Join(allowed, ":// or ")+"://")
	}
}

// ldapProblem refuses what would send passwords in clear to another machine.
func ldapProblem(value string, startTLS bool) string {
	if path, ok := strings.CutPrefix(value, "ldapi://"); ok {
		path, err := url.PathUnescape(path)
		return when(err != nil || !strings.HasPrefix(path, "/"),
			"has "+strconv.Quote(value)+`, which names no socket; write ldapi:///run/slapd/ldapi, or ldapi:/// for that very one`)
	}
	u, err := url.Parse(value)
	if err != nil {
		return "has " + strconv.Quote(value) + ", which is not an address"
	}
	switch {
	case u.Scheme != "ldap" && u.Scheme != "ldaps":
		return "has " + strconv.Quote(value) + ", which must begin with ldaps://, ldap:// or ldapi://"
	case u.Hostname() == "":
		return "has " + strconv.Quote(value) + ", which names no host"
	case u.Scheme == "ldap" && !startTLS && !Loopback(u.Hostname()):
		return "has " + strconv.Quote(value) + ", which would send passwords in clear; use ldaps://, or start_tls = true"
	}
	return ""
}

func baseProblem(value string) string {
	_, err := schema.BaseEntries(value)
	return when(err != nil, `cannot be the root of a tree; a suffix looks like "dc=example,dc=coop"`)
}

func dnProblem(value string) string {
	return when(!strings.Contains(value, "="), `is not a distinguished name, as "cn=idp,ou=system,dc=example,dc=coop"`)
}

// socketsOnly reports whether every URL is a Unix socket, over which the
// directory sees by itself who is calling (SASL EXTERNAL).
func socketsOnly(urls []string) bool {
	return !slices.ContainsFunc(urls, func(u string) bool { return !strings.HasPrefix(u, "ldapi://") })
}

var redisSchemes = []string{"redis", "rediss", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"}

// redisProblem looks at the scheme and the user part by hand: several hosts
// with ports, divided by commas, are no URL to net/url.
func redisProblem(value string) string {
	scheme, rest, ok := strings.Cut(value, "://")
	if !ok || !slices.Contains(redisSchemes, scheme) {
		return "must begin with one of " + strings.Join(redisSchemes, "://, ") + "://"
	}
	user, _, ok := strings.Cut(rest, "@")
	return when(ok && strings.Contains(user, ":"), "holds a password; put it into a file and name that in redis_password_file")
}

func smtpProblem(value string) string {
	if problem := schemes("smtp", "smtps", "smtp+starttls")(value); problem != "" {
		return problem
	}
	u, _ := url.Parse(value)
	if u.Hostname() == "" {
		return "names no host"
	}
	_, secret := u.User.Password()
	return when(secret, "holds a password; put it into a file and name that in password_file")
}
