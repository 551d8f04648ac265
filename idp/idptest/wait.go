// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"net"
	"os/exec"
	"testing"
	"time"
)

// Eventually ends the test unless something comes true within the time.
func Eventually(t testing.TB, within time.Duration, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("not within %s: %s", within, what)
}

// FreeAddr returns an address of this machine on which nobody listens.
func FreeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().String()
}

// Answers reports whether somebody listens at an address.
func Answers(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// Program is where a program is installed. Without it the test is skipped.
func Program(t testing.TB, name string) string {
	t.Helper()
	for _, candidate := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	t.Skip(name + " is not installed")
	return ""
}

// FromElsewhere dials from an address of its own: all of 127.0.0.0/8 is this
// machine, so that many people here are not taken for one who tries too often.
func FromElsewhere() *net.Dialer {
	b := random(3)
	return &net.Dialer{Timeout: 10 * time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, b[0]|1, b[1], b[2]|1)}}
}
