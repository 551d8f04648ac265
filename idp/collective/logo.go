// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

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

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// logoPixels is how wide and how high a logo may be. A file of some kilobytes
// can claim to be a picture of gigabytes.
const logoPixels = 2000

var (
	errNoPicture  = errors.New("collective: not a PNG or JPEG")
	errBigPicture = errors.New("collective: the picture is too large")
)

// logo is for everybody: it stands on pages that people see before they log in.
// That a collective has none, and that there is no such collective, is the same.
func (a *Room) logo(w http.ResponseWriter, r *http.Request) error {
	c, err := a.Directory.Collective(r.Context(), directory.CollectiveName(r.PathValue("collective")))
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	kind := kindOf(c.Logo)
	if err != nil || kind == "" {
		return notThere(nil)
	}
	sum := sha256.Sum256(c.Logo)
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
	h.Set("Content-Length", strconv.Itoa(len(c.Logo)))
	_, _ = w.Write(c.Logo) // a browser that went away needs no picture
	return nil
}

// kindOf is the type of a picture by its content; of anything else, such as a
// page with scripts that somebody wrote into the directory, it is empty.
func kindOf(picture []byte) string {
	switch kind := http.DetectContentType(picture); kind {
	case "image/png", "image/jpeg":
		return kind
	}
	return ""
}

// redrawn is a picture drawn anew: without where and with what it was taken,
// and without anything that is hidden behind it.
func redrawn(raw []byte) ([]byte, error) {
	config, kind, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || kind != "png" && kind != "jpeg" {
		return nil, errNoPicture
	}
	if len(raw) > directory.LogoMax || config.Width > logoPixels || config.Height > logoPixels {
		return nil, errBigPicture
	}
	picture, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, errNoPicture
	}
	var out bytes.Buffer
	if kind == "jpeg" {
		err = jpeg.Encode(&out, picture, &jpeg.Options{Quality: 90})
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, picture)
	}
	if err != nil {
		return nil, errNoPicture
	}
	if out.Len() > directory.LogoMax {
		return nil, errBigPicture
	}
	return out.Bytes(), nil
}

// changeLogo puts another logo in place of the one that there is, or none.
func (a *Room) changeLogo(w http.ResponseWriter, v visit) error {
	form, raw, err := web.ParseUpload(v.Request, "logo", "token", "do")
	if err != nil {
		return err
	}
	if err := web.CheckFormToken(a.FormKey, v.key, form["token"]); err != nil {
		return err
	}
	var picture []byte
	done := "logo-removed"
	switch form["do"] {
	case "save":
		if picture, err = redrawn(raw); err != nil {
			return a.noLogo(w, v, err)
		}
		done = "logo-saved"
	case "remove":
	default:
		return badRequest()
	}
	_, err = a.Memberships.Configure(v.Context(), v.by(), directory.CollectiveChange{Logo: &picture})
	if err != nil {
		return a.unconfigured(w, v, err)
	}
	return web.Redirect(w, v.Request, v.at(path(v.name, "settings"), done))
}

func (a *Room) noLogo(w http.ResponseWriter, v visit, cause error) error {
	code := "picture"
	if errors.Is(cause, errBigPicture) {
		code = "picture-large"
	}
	f, err := a.layForm(v)
	if err != nil {
		return err
	}
	f.faults = []themes.Fault{a.fault(v, "logo", "settings.logo", code)}
	return a.drawSettings(w, f)
}
