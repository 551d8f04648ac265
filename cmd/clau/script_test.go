// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"clau": main})
}

// TestScripts runs the stories in testdata, each over an installation of its
// own, with the program as people run it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			address, err := freeAddress()
			e.Setenv("ADDR", address)
			e.Setenv("ISSUER", "http://"+address)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"answers": answers, "shows": shows, "tell": tell,
			"field": jsonField, "keep": keep, "status": status,
		},
		RequireExplicitExec: true,
	})
}

// freeAddress is one that nobody listens on. It may be taken before it is used,
// by a program that looks for one at the same moment.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// answers URL: waits until something answers there with success.
func answers(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: answers URL")
	}
	within(ts, args[0]+" does not answer", func() bool {
		answer, err := http.Get(args[0])
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// shows URL PATTERN: waits until the page matches.
func shows(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("usage: shows URL PATTERN")
	}
	pattern := regexp.MustCompile(args[1])
	within(ts, args[0]+" does not show "+args[1], func() bool {
		answer, err := http.Get(args[0])
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		page, err := io.ReadAll(answer.Body)
		return err == nil && pattern.Match(page)
	})
}

// tell HUP|TERM: sends the signal to what runs in the background.
func tell(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM}
	if len(args) != 1 || neg || signals[args[0]] == nil {
		ts.Fatalf("usage: tell HUP|TERM")
	}
	for _, running := range ts.BackgroundCmds() {
		ts.Check(running.Process.Signal(signals[args[0]]))
	}
}

// patience is how long a script waits for anything. It is less than the minute
// after which a node would ask by itself.
const patience = 20 * time.Second

func within(ts *testscript.TestScript, complaint string, is func() bool) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if is() {
			return
		}
	}
	ts.Fatalf("%s", complaint)
}

// status CODE URL CLIENT SECRET: asks the token endpoint for a token by the
// client's own right, until it answers with the status. What a command changed
// holds within moments: nodes are told of it, and need not ask.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 4 || neg {
		ts.Fatalf("usage: status CODE URL CLIENT SECRET")
	}
	within(ts, args[1]+" does not answer "+args[0]+" to "+args[2], func() bool {
		return strconv.Itoa(askToken(ts, args[1], args[2], args[3])) == args[0]
	})
}

func askToken(ts *testscript.TestScript, endpoint, client, secret string) int {
	request, err := http.NewRequest(http.MethodPost, endpoint, strings.NewReader("grant_type=client_credentials"))
	ts.Check(err)
	request.SetBasicAuth(client, secret)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(request)
	ts.Check(err)
	answer.Body.Close()
	return answer.StatusCode
}

// field PATH PATTERN: the JSON of the last standard output has, at the dotted
// path, something that matches. With "!" it has nothing there.
func jsonField(ts *testscript.TestScript, neg bool, args []string) {
	value, found := lookUp(ts, ts.ReadFile("stdout"), args[0])
	if neg {
		if found {
			ts.Fatalf("%s is %v", args[0], value)
		}
		return
	}
	if !found || !regexp.MustCompile("^(?:"+args[1]+")$").MatchString(fmt.Sprint(value)) {
		ts.Fatalf("%s is %v, not %s", args[0], value, args[1])
	}
}

// keep NAME PATH: puts what stands at the path into a variable.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	value, found := lookUp(ts, ts.ReadFile("stdout"), args[1])
	if neg || !found {
		ts.Fatalf("no %s", args[1])
	}
	ts.Setenv(args[0], fmt.Sprint(value))
}

func lookUp(ts *testscript.TestScript, text, path string) (any, bool) {
	var at any
	if err := json.Unmarshal([]byte(text), &at); err != nil {
		ts.Fatalf("not one JSON document: %v", err)
	}
	for step := range strings.SplitSeq(path, ".") {
		switch inside := at.(type) {
		case map[string]any:
			next, there := inside[step]
			if !there {
				return nil, false
			}
			at = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(inside) {
				return nil, false
			}
			at = inside[i]
		default:
			return nil, false
		}
	}
	return at, true
}
