// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"os/exec"
	"regexp"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/idptest"
)

// demo is a running "clau demo", read as a newcomer reads it.
type demo struct {
	said                         *idptest.Logs
	clau, forum, cloud, password string
}

func runDemo(t *testing.T) demo {
	t.Helper()
	d := demo{said: &idptest.Logs{}}
	idptest.Launch(t, d.said, exec.Command(idptest.Build(t), "demo", "--listen", "127.0.0.1:0"))
	idptest.Eventually(t, 20*time.Second, "the demo says how to stop it", func() bool {
		return len(d.said.Lines("Ctrl-C")) > 0
	})
	d.clau = d.read(t, `(?m)^ +Clau +(http\S+)`)
	d.forum = d.read(t, `(?m)^ +Fòrum obert +(http\S+)`)
	d.cloud = d.read(t, `(?m)^ +Núvol de l'ateneu +(http\S+)`)
	d.password = d.read(t, `The password of all is +(\S+)`)
	return d
}

func (d demo) read(t *testing.T, what string) string {
	t.Helper()
	found := regexp.MustCompile(what).FindStringSubmatch(d.said.String())
	if found == nil {
		t.Fatalf("the demo does not say %s:\n%s", what, d.said)
	}
	return found[1]
}

// TestDemo is the walk that the demo itself proposes, step by step, in Chromium
// without scripts.
func TestDemo(t *testing.T) {
	d := runDemo(t)
	nuria := idptest.Sits(t, idptest.NewChromium(t))

	nuria.Open(d.forum)
	nuria.Press("#login-with-clau")
	nuria.IsAt(d.clau)
	nuria.LogsIn("nuria", d.password)
	nuria.IsAt(d.forum)
	nuria.Sees("Hello, Núria", "preferred_username", "nuria@")

	nuria.Open(d.cloud)
	nuria.Press("#login-with-clau")
	nuria.IsAt(d.cloud) // no password was asked
	nuria.Sees("Hello, Núria")
	nuria.Press("#refresh")
	nuria.SeesElement("#refreshed")

	nuria.Press("#logout")
	idptest.Eventually(t, 10*time.Second, "the other service is told", func() bool {
		nuria.Open(d.forum)
		return nuria.Has("#login-with-clau")
	})

	fatima := idptest.Sits(t, idptest.NewChromium(t))
	fatima.Open(d.cloud)
	fatima.Press("#login-with-clau")
	fatima.LogsIn("fatima", d.password)
	fatima.Sees("no está abierto para ti", "hola@ateneu.example")
	fatima.Press("#closed-back")
	fatima.IsAt(d.cloud)
	fatima.SeesElement("#error")
	fatima.SeesNot("Hello")
}
