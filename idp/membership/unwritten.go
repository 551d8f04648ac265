// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import "errors"

var errUnwritten = errors.New("membership: not written yet")
