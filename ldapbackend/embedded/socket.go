// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"time"
)

// ListenUnix serves a Unix socket at path (ldapi). A process of the same user,
// or of root, is cn=idp after a SASL EXTERNAL bind; others bind with a
// password. Only the user may connect at first: whoever runs old applications
// opens the socket's mode, or its directory, to them.
func (s *Server) ListenUnix(path string) error {
	if err := removeStale(path); err != nil {
		return err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("embedded: listen: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = l.Close()
		return fmt.Errorf("embedded: listen: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = l.Close()
		return ErrClosed
	}
	s.listeners = append(s.listeners, l)
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		s.accept(l)
	}()
	return nil
}

// removeStale removes a socket that a killed process left behind. One that
// answers, and a file that is no socket, stay.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("embedded: listen: %w", err)
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return fmt.Errorf("embedded: listen: %s is not a socket", path)
	}
	c, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		_ = c.Close()
		return ErrInUse
	}
	return os.Remove(path)
}

func (s *Server) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.Logger.Warn("ldap socket does not accept", "error", err)
			select {
			case <-s.closing:
				return
			case <-time.After(100 * time.Millisecond): // out of file descriptors: wait for some
			}
			continue
		}
		uid, known := peerUID(c)
		_ = s.serve(c, known && (uid == 0 || uid == os.Geteuid()))
	}
}
