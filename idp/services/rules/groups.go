// SPDX-License-Identifier: AGPL-3.0-or-later

package rules

import (
	"strings"

	"commonscloud.coop/clau/idp/directory"
)

// groupMax is the longest name of a group, in bytes, that Nextcloud takes.
const groupMax = 64

// GroupNames refuses a service's names of groups that it would read as others:
// of those that are written in one text, a name with the mark between them is
// two, and one of the two may be a group that the person is not in. An empty
// name keeps the group from the service.
func GroupNames(names map[string]string, format directory.GroupFormat) error {
	between := map[directory.GroupFormat]string{directory.GroupsCSV: ",", directory.GroupsSpace: " "}[format]
	for ours, theirs := range names {
		unseen := strings.ContainsFunc(theirs, func(r rune) bool { return r < ' ' || r == 0x7f })
		switch {
		case ours == "" || len(theirs) > groupMax || unseen || strings.TrimSpace(theirs) != theirs:
			return faultf("group", "%.80q cannot be the name of a group", theirs)
		case between != "" && strings.Contains(theirs, between):
			return faultf("group", "the service would read %.80q as several groups", theirs)
		}
	}
	return nil
}
