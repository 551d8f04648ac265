// SPDX-License-Identifier: AGPL-3.0-or-later

package trace

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// members are those of a JSON object that a service was answered, as they may be
// shown: an answer that is none has nothing to show.
func members(body []byte) []Said {
	var object map[string]any
	if json.Unmarshal(body, &object) != nil {
		return nil
	}
	l := &Line{}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		l.Message(name, plain(object[name]))
	}
	return l.said
}

func plain(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case float64, bool:
		return fmt.Sprint(value)
	case nil:
		return ""
	}
	raw, _ := json.Marshal(value) // came out of JSON
	return string(raw)
}

// cut takes a pair apart that was written with a space between.
func cut(pair string) (before, after string, ok bool) { return strings.Cut(pair, " ") }
