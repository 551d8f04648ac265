// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/ldapbackend/embedded"
)

// victimFile makes this test program the one that is killed.
const victimFile = "CLAU_TEST_VICTIM"

func TestMain(m *testing.M) {
	if path := os.Getenv(victimFile); path != "" {
		victim(path)
		return
	}
	os.Exit(m.Run())
}

// victim writes without end, and compacts; it says what has been acknowledged.
func victim(path string) {
	s, err := embedded.Open(embedded.Config{Path: path, Base: base, Argon2: cheap})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	go compactWithoutEnd(s)
	round := time.Now().UnixNano()
	var printing sync.Mutex
	for worker := range 4 {
		go func() {
			nc, err := s.Dial(context.Background())
			if err != nil {
				return
			}
			c := ldap.NewConn(nc, false)
			c.Start()
			if c.ExternalBind() != nil {
				return
			}
			for i := 0; ; i++ {
				id := fmt.Sprintf("v%d-%d-%d", round, worker, i)
				if what, err := live(c, id); err != nil {
					fmt.Println("error", what, err)
				}
				printing.Lock()
				fmt.Println("kept", id)
				printing.Unlock()
			}
		}()
	}
	select {}
}

// compactWithoutEnd has the file exchanged under whoever reads and writes.
func compactWithoutEnd(s *embedded.Server) {
	for {
		if err := s.Compact(context.Background()); err != nil {
			fmt.Println("error compact", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// live makes a person, moves and changes her, and puts her into a group that
// others come into and leave.
func live(c *ldap.Conn, id string) (string, error) {
	registration := "clauId=" + id + ",ou=registrations," + ateneu
	add := ldap.NewAddRequest(registration, nil)
	for name, values := range map[string][]string{
		"objectClass": {"inetOrgPerson", "clauAccount"}, "clauId": {id}, "clauState": {"pendingApproval"},
		"cn": {"Victim"}, "sn": {"Victim"}, "uid": {strings.ReplaceAll(id[10:], "-", ".")},
	} {
		add.Attribute(name, values)
	}
	if err := c.Add(add); err != nil {
		return "add", err
	}
	if err := c.ModifyDN(ldap.NewModifyDNRequest(registration, "clauId="+id, true, people)); err != nil {
		return "move", err
	}
	dn := "clauId=" + id + "," + people
	state := ldap.NewModifyRequest(dn, nil)
	state.Replace("clauState", []string{"active"})
	if err := c.Modify(state); err != nil {
		return "modify", err
	}
	member := ldap.NewModifyRequest("cn=members,"+ateneu, nil)
	member.Add("member", []string{dn, "clauId=gone-" + id + "," + people})
	if err := c.Modify(member); err != nil {
		return "join", err
	}
	leave := ldap.NewModifyRequest("cn=members,"+ateneu, nil)
	leave.Delete("member", []string{"clauId=gone-" + id + "," + people})
	return "leave", c.Modify(leave)
}

func TestAKilledServerHasLostNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.db")
	s, err := embedded.Open(embedded.Config{Path: path, Base: base, Argon2: cheap})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Import(strings.NewReader(federation)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, after := range []int{3, 17, 40, 61} {
		for _, id := range killAfter(t, path, after) {
			kept++
			survived(t, path, id)
		}
	}
	if kept < 100 {
		t.Errorf("only %d lives were lived", kept)
	}
}

// killAfter runs a victim until it has said so many words, kills it with the
// writes that are under way, and returns whom it has promised to keep.
func killAfter(t *testing.T, path string, words int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), victimFile+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		word, id, _ := strings.Cut(lines.Text(), " ")
		if word != "kept" {
			t.Error(lines.Text())
			break
		}
		if ids = append(ids, id); len(ids) == words {
			_ = cmd.Process.Kill() // SIGKILL; what is said until it dies still counts
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	return ids
}

func survived(t *testing.T, path, id string) {
	t.Helper()
	s, err := embedded.Open(embedded.Config{Path: path, Base: base, Argon2: cheap})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	c := asIDP(t, s)
	dn := "clauId=" + id + "," + people
	if got := read(t, c, dn, "clauState").GetAttributeValue("clauState"); got != "active" {
		t.Errorf("%s is %q", id, got)
	}
	if ok, err := c.Compare("cn=members,"+ateneu, "member", dn); !ok {
		t.Errorf("%s is no member: %v", id, err)
	}
}
