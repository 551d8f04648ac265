// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Process is a program that a test started.
type Process struct {
	Cmd *exec.Cmd

	t     testing.TB
	ended chan error
}

// Launch starts a program that says what it has to say to out, and stops it
// with the test.
func Launch(t testing.TB, out io.Writer, cmd *exec.Cmd) *Process {
	t.Helper()
	cmd.Stdout, cmd.Stderr = out, out
	must(t, cmd.Start())
	p := &Process{Cmd: cmd, t: t, ended: make(chan error, 1)}
	go func() { p.ended <- cmd.Wait() }()
	t.Cleanup(func() { p.end(os.Interrupt) })
	return p
}

// Kill ends the program as a fallen machine does: at once, whatever it does.
func (p *Process) Kill() { p.end(os.Kill) }

// Stop asks the program to end, and waits.
func (p *Process) Stop() { p.end(os.Interrupt) }

func (p *Process) end(signal os.Signal) {
	if p.Cmd.Process.Signal(signal) != nil {
		return // it has ended already
	}
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		p.t.Errorf("%s does not end", p.Cmd.Path)
		_ = p.Cmd.Process.Kill() // the last resort
		<-p.ended
	}
}
