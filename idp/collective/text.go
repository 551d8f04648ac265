// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"strings"
	"unicode"
)

// tidyText makes several lines of what was typed: as [tidy], but for the ends
// of lines, of which two in a row are enough.
func tidyText(s string) string {
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(s, "\r", "\n")) {
		line = tidy(line)
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, line)
	}
	return strings.TrimRightFunc(strings.Join(lines, "\n"), unicode.IsSpace)
}
