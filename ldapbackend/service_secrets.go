// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"commonscloud.coop/clau/idp/directory"
)

// The values of an attribute have no order (RFC 4512 section 2.2), so each
// digest carries its rank: "0:<sha256>:<expiry>", the newest first.
func formatSecrets(secrets []directory.ClientSecret) []string {
	var values []string
	for i, s := range secrets {
		values = append(values, fmt.Sprintf("%d:%s:%s", i, s.SHA256, formatTime(s.Expires)))
	}
	return values
}

func parseSecrets(values []string) ([]directory.ClientSecret, error) {
	type ranked struct {
		rank   int
		secret directory.ClientSecret
	}
	var list []ranked
	for _, v := range values {
		parts := strings.Split(v, ":")
		if len(parts) != 3 {
			return nil, refuse(directory.ErrInvalid, "clauSecretHash is not rank, digest and expiry")
		}
		rank, err := strconv.Atoi(parts[0])
		if err != nil {
			return nil, refuse(directory.ErrInvalid, "clauSecretHash has no rank")
		}
		expires := parseTime(parts[2])
		if parts[2] != "" && expires.IsZero() {
			return nil, refuse(directory.ErrInvalid, "clauSecretHash has an expiry that is no time")
		}
		list = append(list, ranked{rank, directory.ClientSecret{SHA256: parts[1], Expires: expires}})
	}
	slices.SortFunc(list, func(x, y ranked) int { return x.rank - y.rank })
	var secrets []directory.ClientSecret
	for _, r := range list {
		secrets = append(secrets, r.secret)
	}
	return secrets, nil
}
