// SPDX-License-Identifier: AGPL-3.0-or-later

package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience is how long a server may take to do what a test waits for.
const patience = 20 * time.Second

// Server is a redis-server that keeps nothing.
type Server struct {
	t    testing.TB
	port int
	dir  string
	args []string
	cmd  *exec.Cmd
}

// Start starts a server for the time of the test. More arguments are those of
// redis-server, such as "--requirepass".
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s := &Server{t: t, dir: t.TempDir(), args: args}
	t.Cleanup(s.Stop)
	for range 5 {
		s.port = freePort(t)
		if s.start() == nil {
			return s
		}
		s.Stop() // somebody took the port between finding and using it
	}
	log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	t.Fatalf("redis-server does not start: %s", log)
	return nil
}

// Addr returns host and port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL returns where the server is, without a password.
func (s *Server) URL() string { return "redis://" + s.Addr() }

// Stop kills the server: what it knew is gone. Stopping twice is nothing.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	s.cmd.Process.Kill()
	s.cmd.Wait()
	s.cmd = nil
}

// Restart stops the server if it runs and starts it on the same port, empty.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	if err := s.start(); err != nil {
		s.t.Fatalf("redis-server does not start again: %v", err)
	}
}

// start returns when the server answers.
func (s *Server) start() error {
	args := append([]string{
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1",
		"--save", "", "--appendonly", "no", "--daemonize", "no",
		"--dir", s.dir, "--logfile", filepath.Join(s.dir, "log"),
	}, s.args...)
	return s.run(args...)
}

func (s *Server) run(args ...string) error {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		s.t.Skip("redis-server is not installed")
	}
	s.cmd = exec.Command(path, args...)
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		return err
	}
	return await("an answer", func() bool {
		answer, err := s.Do("PING")
		return err == nil && (answer == "+PONG" || strings.HasPrefix(answer, "-NOAUTH"))
	})
}

// Do sends one command without spaces in its arguments and returns the answer:
// a line as it stands, or the text of a bulk string.
func (s *Server) Do(args ...string) (string, error) {
	conn, err := net.DialTimeout("tcp", s.Addr(), time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := fmt.Fprintf(conn, "%s\r\n", strings.Join(args, " ")); err != nil {
		return "", err
	}
	in := bufio.NewReader(conn)
	line, err := in.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "$") {
		return strings.TrimSpace(line), err
	}
	n, err := strconv.Atoi(strings.TrimSpace(line[1:]))
	if err != nil || n < 0 {
		return "", err
	}
	text := make([]byte, n)
	_, err = io.ReadFull(in, text)
	return string(text), err
}

// must is Do for commands that cannot fail.
func (s *Server) must(args ...string) string {
	s.t.Helper()
	answer, err := s.Do(args...)
	if err != nil || strings.HasPrefix(answer, "-") {
		s.t.Fatalf("redis: %s: %s %v", strings.Join(args, " "), answer, err)
	}
	return answer
}

// await waits until something is so.
func await(what string, so func() bool) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if so() {
			return nil
		}
	}
	return errors.New("waited in vain for " + what)
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
