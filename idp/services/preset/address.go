// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"net/url"
	"regexp"
	"strings"

	"commonscloud.coop/clau/idp/services/rules"
)

// addressForm is narrow on purpose: an address becomes part of redirect
// addresses that are compared letter by letter, and of configuration files.
var addressForm = regexp.MustCompile(`^https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$`)

// cleanAddress returns the address of an application without the slash at its
// end, or what is wrong with it.
func cleanAddress(value string) (string, *Fault) {
	value = strings.TrimRight(value, "/")
	u, err := url.Parse(value)
	switch {
	case err == nil && u.Hostname() == "" && addressForm.MatchString("https://"+value):
		return "", &Fault{"url", "address", quoteJSON(value) + " lacks https:// before it"}
	case err != nil || u.Hostname() == "":
		return "", &Fault{"url", "address", quoteJSON(value) + " is not the address of an application, as https://cloud.example.coop"}
	case u.User != nil:
		return "", &Fault{"url", "address", "the address has a user in it, which would hide where it leads"}
	case u.RawQuery != "" || u.Fragment != "" || strings.Contains(value, "?") || strings.Contains(value, "#"):
		return "", &Fault{"url", "address", "give the address of the application's front page, without ? and #"}
	case u.Scheme == "http" && !rules.Loopback(u.Hostname()):
		return "", &Fault{"url", "https", quoteJSON(value) + " must be https; http is for localhost alone"}
	case !addressForm.MatchString(value) || strings.Contains(u.Path, "//") || dotted(u.Path):
		return "", &Fault{"url", "address", quoteJSON(value) + " has characters that an address here cannot have; write names with accents as xn--…"}
	}
	return strings.ToLower(u.Scheme) + "://" + strings.ToLower(u.Host) + u.Path, nil
}

func dotted(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if part == "." || part == ".." {
			return true
		}
	}
	return false
}
