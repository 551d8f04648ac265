// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"
	"strconv"
)

// PicturePixels is how wide and how high a picture may be. A file of some
// kilobytes can claim to be a picture of gigabytes.
const PicturePixels = 2000

// What [Redrawn] refuses.
var (
	ErrNoPicture  = errors.New("web: not a PNG or JPEG")
	ErrBigPicture = errors.New("web: the picture is too large")
)

// Redrawn is a PNG or JPEG drawn anew, at most limit bytes: without where and
// with what it was taken, and without anything hidden behind it that a browser
// could take for a page.
func Redrawn(raw []byte, limit int) ([]byte, error) {
	if len(raw) > limit {
		return nil, ErrBigPicture
	}
	config, kind, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || kind != "png" && kind != "jpeg" {
		return nil, ErrNoPicture
	}
	if config.Width > PicturePixels || config.Height > PicturePixels {
		return nil, ErrBigPicture
	}
	picture, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, ErrNoPicture
	}
	var out bytes.Buffer
	if kind == "jpeg" {
		err = jpeg.Encode(&out, picture, &jpeg.Options{Quality: 90})
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, picture)
	}
	switch {
	case err != nil:
		return nil, ErrNoPicture
	case out.Len() > limit:
		return nil, ErrBigPicture
	}
	return out.Bytes(), nil
}

// ShowPicture answers with a picture from our own origin. No picture, and what is
// none by its content, such as a page with scripts that somebody wrote into the
// directory, is not there.
func ShowPicture(w http.ResponseWriter, r *http.Request, picture []byte) error {
	kind := PictureType(picture)
	if kind == "" {
		return Fail(http.StatusNotFound, "not-found", nil)
	}
	sum := sha256.Sum256(picture)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	h := w.Header()
	h.Set("Etag", tag)
	h.Set("Cache-Control", "public, max-age=300")
	if r.URL.Query().Has("v") {
		h.Set("Cache-Control", "public, max-age=604800") // another picture has another address
	}
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(picture)))
	_, _ = w.Write(picture) // a browser that went away needs no picture
	return nil
}

// PictureType is the media type of a picture by its content; of anything else it
// is empty.
func PictureType(picture []byte) string {
	switch kind := http.DetectContentType(picture); kind {
	case "image/png", "image/jpeg":
		return kind
	}
	return ""
}
