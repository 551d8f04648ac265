// SPDX-License-Identifier: AGPL-3.0-or-later

package mail

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

type security int

const (
	startTLS     security = iota // RFC 3207, and no mail without
	fromTheStart                 // RFC 8314 section 3.3
	inClear                      // on loopback only
)

// address is a mail server.
type address struct {
	host     string
	port     int
	user     string
	security security
}

func parseAddress(text string) (address, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		// The error of url.Parse would quote the text, and a password in it.
		return address{}, errors.New("mail: server's address is no URL with a host")
	}
	_, secret := u.User.Password()
	if secret {
		return address{}, errors.New("mail: server's address holds a password")
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return address{}, errors.New("mail: server's address has more than a host and a port")
	}
	a := address{host: u.Hostname(), user: u.User.Username()}
	var standard int
	a.security, standard, err = scheme(u.Scheme, isLoopback(a.host))
	if err != nil {
		return address{}, err
	}
	a.port = standard
	if u.Port() != "" {
		a.port, err = strconv.Atoi(u.Port())
	}
	if err != nil || a.port < 1 || a.port > 65535 {
		return address{}, errors.New("mail: server's port is none")
	}
	return a, nil
}

func scheme(name string, loopback bool) (security, int, error) {
	switch {
	case name == "smtps":
		return fromTheStart, 465, nil
	case name == "smtp" && loopback:
		return inClear, 25, nil
	case name == "smtp", name == "smtp+starttls":
		return startTLS, 587, nil
	}
	return 0, 0, fmt.Errorf("mail: scheme %q is none of smtp, smtps, smtp+starttls", name)
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return strings.EqualFold(host, "localhost")
	}
	return addr.IsLoopback()
}
