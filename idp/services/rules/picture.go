// SPDX-License-Identifier: AGPL-3.0-or-later

package rules

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"

	"commonscloud.coop/clau/idp/directory"
)

// pixels is how wide and how high a logo may be. A file of some kilobytes can
// claim to be a picture of gigabytes.
const pixels = 2000

// Picture returns a PNG or JPEG drawn anew, at most [directory.LogoMax] bytes:
// without where and with what it was taken, and without anything hidden behind
// it that a browser could take for a page.
func Picture(raw []byte) ([]byte, error) {
	if len(raw) > directory.LogoMax {
		return nil, faultf("picture-large", "a logo has at most %d KiB", directory.LogoMax>>10)
	}
	config, kind, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || kind != "png" && kind != "jpeg" {
		return nil, faultf("picture", "a logo must be a PNG or JPEG")
	}
	if config.Width > pixels || config.Height > pixels {
		return nil, faultf("picture-large", "a logo has at most %d pixels a side", pixels)
	}
	picture, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, faultf("picture", "a logo must be a PNG or JPEG")
	}
	var out bytes.Buffer
	if kind == "jpeg" {
		err = jpeg.Encode(&out, picture, &jpeg.Options{Quality: 90})
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, picture)
	}
	if err != nil || out.Len() > directory.LogoMax {
		return nil, faultf("picture-large", "a logo has at most %d KiB", directory.LogoMax>>10)
	}
	return out.Bytes(), nil
}
