// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"testing"
)

func TestUnsafeConfigurationsAreRefused(t *testing.T) {
	good := Config{URLs: []string{"ldaps://ldap.example.org"}, Base: "dc=clau,dc=example", BindDN: "cn=idp", BindPassword: "x"}
	for _, c := range []struct {
		name  string
		spoil func(*Config)
		ok    bool
	}{
		{"good", func(*Config) {}, true},
		{"StartTLS", func(c *Config) { c.URLs, c.StartTLS = []string{"ldap://ldap.example.org:389"}, true }, true},
		{"loopback in clear", func(c *Config) { c.URLs = []string{"ldap://127.0.0.1", "ldap://[::1]:389", "ldap://localhost"} }, true},
		{"socket", func(c *Config) { c.URLs, c.BindDN = []string{"ldapi:///run/slapd/ldapi"}, "" }, true},
		{"socket, escaped", func(c *Config) { c.URLs = []string{"ldapi://%2Frun%2Fslapd%2Fldapi"} }, true},
		{"in process", func(c *Config) {
			c.URLs = nil
			c.Dial = func(context.Context) (net.Conn, error) { return nil, errors.New("no") }
		}, true},
		{"no server", func(c *Config) { c.URLs = nil }, false},
		{"no base", func(c *Config) { c.Base = "" }, false},
		{"base that is no DN", func(c *Config) { c.Base = "example.org" }, false},
		{"in clear over the network", func(c *Config) { c.URLs = []string{"ldap://ldap.example.org"} }, false},
		{"the second in clear", func(c *Config) { c.URLs = append(c.URLs, "ldap://192.0.2.1") }, false},
		{"a name that only looks like loopback", func(c *Config) { c.URLs = []string{"ldap://127.0.0.1.example.org"} }, false},
		{"unverified certificates", func(c *Config) { c.TLS = &tls.Config{InsecureSkipVerify: true} }, false},
		{"name without password", func(c *Config) { c.BindPassword = "" }, false},
		{"another protocol", func(c *Config) { c.URLs = []string{"http://ldap.example.org"} }, false},
		{"relative socket", func(c *Config) { c.URLs = []string{"ldapi://run"} }, false},
		{"no socket", func(c *Config) { c.URLs = []string{"ldapi://"} }, false},
		{"nonsense", func(c *Config) { c.URLs = []string{"ldap://%zz"} }, false},
	} {
		config := good
		c.spoil(&config)
		b, err := Open(config)
		if c.ok != (err == nil) || err != nil && !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil {
			_ = b.Close()
		}
	}
}

func TestServersAreReadFromURLs(t *testing.T) {
	for raw, want := range map[string]server{
		"ldaps://ldap.example.org":     {network: "tcp", address: "ldap.example.org:636", host: "ldap.example.org", tls: true},
		"ldaps://[2001:db8::1]:1636":   {network: "tcp", address: "[2001:db8::1]:1636", host: "2001:db8::1", tls: true},
		"ldap://localhost":             {network: "tcp", address: "localhost:389", host: "localhost", startTLS: true},
		"ldapi:///run/slapd/ldapi":     {network: "unix", address: "/run/slapd/ldapi"},
		"ldapi://%2Frun%2Fslapd/ldapi": {network: "unix", address: "/run/slapd/ldapi"},
	} {
		got, err := parseServer(raw, true)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", raw, got, err)
		}
	}
}
