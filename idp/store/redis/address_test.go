// SPDX-License-Identifier: AGPL-3.0-or-later

package redis

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

func TestURLs(t *testing.T) {
	for url, want := range map[string]string{
		"redis://localhost":                                "[localhost:6379] db 0",
		"redis://localhost/":                               "[localhost:6379] db 0",
		"redis://10.0.0.1:7000/5":                          "[10.0.0.1:7000] db 5",
		"redis://[::1]":                                    "[[::1]:6379] db 0",
		"redis://[::1]:7000":                               "[[::1]:7000] db 0",
		"redis://clau:p%40ss@localhost":                    "[localhost:6379] db 0 as clau:p@ss",
		"redis://:p@ss@localhost":                          "[localhost:6379] db 0 as :p@ss",
		"rediss://localhost":                               "[localhost:6379] db 0 tls",
		"redis+sentinel://a,b:7000,c/clau":                 "[a:26379 b:7000 c:26379] db 0 master clau",
		"redis+sentinel://a/clau/2":                        "[a:26379] db 2 master clau",
		"rediss+sentinel://u:p@a/m?sentinel_password=q%26": "[a:26379] db 0 as u:p tls master m sentinel :q&",
		"redis+sentinel://a/m?sentinel_user=s":             "[a:26379] db 0 master m sentinel s:",
		"redis+cluster://a,b,[fd00::1]:7002":               "[a:6379 b:6379 [fd00::1]:7002] db 0 cluster",
		"rediss+cluster://u:p@cluster.example:7000":        "[cluster.example:7000] db 0 as u:p tls cluster",
		"redis+cluster://a/0":                              "[a:6379] db 0 cluster",
		"":                                                 "error",
		"localhost:6379":                                   "error",
		"http://localhost":                                 "error",
		"redis+other://localhost":                          "error",
		"redis://":                                         "error",
		"redis://:7000":                                    "error",
		"redis://a,b":                                      "error",
		"redis://a:b":                                      "error",
		"redis://a:0":                                      "error",
		"redis://a:70000":                                  "error",
		"redis://a/x":                                      "error",
		"redis://a/-1":                                     "error",
		"redis://a/1/2":                                    "error",
		"redis://a?db=1":                                   "error",
		"redis://a?%zz":                                    "error",
		"redis://u:%zz@a":                                  "error",
		"redis+sentinel://a":                               "error",
		"redis+sentinel://a/":                              "error",
		"redis+sentinel://a,/m":                            "error",
		"redis+cluster://a/1":                              "error",
		"redis+cluster://a,,b":                             "error",
		"redis+sentinel://a/m?master=x":                    "error",
		"redis+sentinel://u:hunter2@a:x/m?sentinel_password=xx": "error",
	} {
		if got := describe(url); got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
}

func describe(url string) string {
	a, err := parse(url)
	if err != nil {
		return "error"
	}
	o := a.options()
	text := fmt.Sprintf("%s db %d", o.Addrs, o.DB)
	if o.Username+o.Password != "" {
		text += fmt.Sprintf(" as %s:%s", o.Username, o.Password)
	}
	if o.TLSConfig != nil {
		text += " tls"
	}
	if o.MasterName != "" {
		text += " master " + o.MasterName
	}
	if o.SentinelUsername+o.SentinelPassword != "" {
		text += fmt.Sprintf(" sentinel %s:%s", o.SentinelUsername, o.SentinelPassword)
	}
	if o.IsClusterMode {
		text += " cluster"
	}
	return text
}

func TestFaultyURLDoesNotShowItsPassword(t *testing.T) {
	for _, url := range []string{
		"redis://clau:hunter2@host:port", "redis://clau:hunter2@a,b", "redis://clau:hunter2%@a",
		"redis+sentinel://a/m?sentinel_password=hunter2;", "redis://a/hunter2", "hunter2://a", "redis+hunter2://a",
	} {
		if _, err := Open(context.Background(), url); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
