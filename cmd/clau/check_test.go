// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/cmd/clau/config"
)

// greets answers each connection with a line.
func greets(t *testing.T, line string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, line)
			c.Close()
		}
	}()
	return l.Addr().String()
}

// A mail server is one that greets like one.
func TestCheckOfMail(t *testing.T) {
	for _, c := range []struct{ name, url, level, says string }{
		{"none", "", "warning", "no mail server"},
		{"one that greets", "smtp://" + greets(t, "220 mail.example.coop ESMTP\r\n"), "ok", "answers"},
		{"something else", "smtp://" + greets(t, "HTTP/1.1 400 Bad Request\r\n"), "fault", "does not greet"},
		{"nothing there", "smtp://127.0.0.1:1", "fault", "cannot be reached"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := checkMail(t.Context(), config.Settings{Mail: config.Mail{SMTPURL: c.url}})
			if len(found) != 1 || found[0].Level != c.level || !strings.Contains(found[0].Message, c.says) {
				t.Errorf("found %+v", found)
			}
		})
	}
}

func TestCheckOfTheClock(t *testing.T) {
	a := &app{now: func() time.Time { return time.Unix(0, 0) }}
	if found := a.checkClock(t.Context(), config.Settings{}); found[0].Level != "fault" {
		t.Errorf("1970 is believed: %+v", found)
	}
	a.now = time.Now
	if found := a.checkClock(t.Context(), config.Settings{}); found[0].Level == "fault" {
		t.Errorf("now is not: %+v", found)
	}
}

// Redis gets its password beside its user, whatever is in either.
func TestRedisPassword(t *testing.T) {
	for _, c := range []struct{ url, password, want string }{
		{"redis://host:6379/0", "", "redis://host:6379/0"},
		{"redis://host:6379/0", "a@b/c?d", "redis://:a%40b%2Fc%3Fd@host:6379/0"},
		{"rediss://me@host", "secret", "rediss://me:secret@host"},
		{"redis+cluster://me@a:1,b:2", "x y", "redis+cluster://me:x%20y@a:1,b:2"},
	} {
		if got := withPassword(config.State{RedisURL: c.url, RedisPassword: c.password}); got != c.want {
			t.Errorf("%s is %s, not %s", c.url, got, c.want)
		}
	}
}
