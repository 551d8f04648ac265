// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
)

// Whatever is sent as a logo, what is kept is a picture of a size that a page
// bears, and nothing else.
func FuzzRedrawn(f *testing.F) {
	var small bytes.Buffer
	if err := png.Encode(&small, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		f.Fatal(err)
	}
	f.Add(small.Bytes())
	f.Add([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"))
	f.Add([]byte("<svg onload=alert(1)>"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		kept, err := web.Redrawn(raw, directory.LogoMax)
		if err != nil {
			return
		}
		config, _, err := image.DecodeConfig(bytes.NewReader(kept))
		if err != nil || web.PictureType(kept) == "" || len(kept) > directory.LogoMax || config.Width > web.PicturePixels || config.Height > web.PicturePixels {
			t.Errorf("%d bytes, %v, %v", len(kept), config, err)
		}
		again, err := web.Redrawn(kept, directory.LogoMax)
		if err != nil || web.PictureType(again) != web.PictureType(kept) {
			t.Errorf("what was kept cannot be kept again: %v", err)
		}
	})
}
