// SPDX-License-Identifier: AGPL-3.0-or-later

package rules

import (
	"errors"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
)

// Picture returns a logo drawn anew; see [web.Redrawn].
func Picture(raw []byte) ([]byte, error) {
	drawn, err := web.Redrawn(raw, directory.LogoMax)
	switch {
	case errors.Is(err, web.ErrBigPicture):
		return nil, faultf("picture-large", "a logo has at most %d KiB and %d pixels a side", directory.LogoMax>>10, web.PicturePixels)
	case err != nil:
		return nil, faultf("picture", "a logo must be a PNG or JPEG")
	}
	return drawn, nil
}
