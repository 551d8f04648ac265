// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/term"
)

// terminal returns the terminal that w is, if it is one.
func terminal(w any) (fd int, is bool) {
	f, ok := w.(*os.File)
	if !ok {
		return 0, false
	}
	return int(f.Fd()), term.IsTerminal(int(f.Fd()))
}

// colours reports whether the output may be coloured (no-color.org).
func (a *app) colours() bool {
	_, is := terminal(a.out)
	return is && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// page lets write go to the output, by way of $PAGER if the output is a
// terminal with fewer lines than that.
func (a *app) page(lines int, write func(io.Writer) error) error {
	fd, is := terminal(a.out)
	if !is {
		return write(a.out)
	}
	_, height, err := term.GetSize(fd)
	if err != nil || lines < height {
		return write(a.out)
	}
	pager := strings.Fields(os.Getenv("PAGER"))
	if len(pager) == 0 {
		pager = []string{"less", "-FRX"}
	}
	return a.pipe(exec.Command(pager[0], pager[1:]...), write)
}

// pipe runs a pager. One that is left early, or is not installed, is no fault
// of the listing.
func (a *app) pipe(pager *exec.Cmd, write func(io.Writer) error) error {
	pager.Stdout, pager.Stderr = a.out, a.err
	in, err := pager.StdinPipe()
	if err != nil {
		return write(a.out)
	}
	if pager.Start() != nil {
		return write(a.out)
	}
	_ = write(in)
	in.Close()
	_ = pager.Wait()
	return nil
}

// askPassword asks twice, without showing what is typed.
func (a *app) askPassword(prompt string) (string, error) {
	first, err := a.askSecret(prompt)
	if err != nil {
		return "", err
	}
	again, err := a.askSecret("once more: ")
	if err != nil {
		return "", err
	}
	if first != again {
		return "", said("the two passwords differ; nothing was changed")
	}
	return first, nil
}

func (a *app) askSecret(prompt string) (string, error) {
	fmt.Fprint(a.err, prompt)
	text, err := term.ReadPassword(int(a.in.Fd()))
	fmt.Fprintln(a.err)
	if err != nil {
		return "", said("no password was typed; nothing was changed")
	}
	return string(text), nil
}

// confirm asks before something that cannot be undone, by having it named again.
// Where nobody can be asked, only --yes confirms.
func (a *app) confirm(yes bool, what, name string) error {
	if yes {
		return nil
	}
	if _, is := terminal(a.in); !is {
		return sayf("%s cannot be undone; add --yes if you mean it", what)
	}
	fmt.Fprintf(a.err, "%s cannot be undone. Type %s to go on: ", what, name)
	line, err := readLine(a.in)
	if err != nil || line != name {
		return said("not confirmed; nothing was changed")
	}
	return nil
}

// readLine reads what somebody, or a program, writes on one line.
func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}
