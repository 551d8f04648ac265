// SPDX-License-Identifier: AGPL-3.0-or-later

package collective_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

func picture(t *testing.T, width, height int, kind string) []byte {
	t.Helper()
	p := image.NewRGBA(image.Rect(0, 0, width, height))
	p.Set(1, 1, color.RGBA{R: 200, A: 255})
	var out bytes.Buffer
	err := png.Encode(&out, p)
	if kind == "jpeg" {
		out.Reset()
		err = jpeg.Encode(&out, p, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// uploads sends the form with a file, as a browser would.
func (v *visitor) uploads(do string, file []byte) {
	v.h.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	v.h.must(form.WriteField("token", v.hidden().Get("token")))
	v.h.must(form.WriteField("do", do))
	part, err := form.CreateFormFile("logo", "../../../etc/logo.svg")
	v.h.must(err)
	_, err = part.Write(file)
	v.h.must(err)
	v.h.must(form.Close())
	r, err := http.NewRequest(http.MethodPost, v.h.address+"/collectives/ateneu/logo", &body)
	v.h.must(err)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	v.Send(r)
}

// get asks for something without a session.
func (h *house) get(path string, header ...string) (*http.Response, []byte) {
	h.t.Helper()
	r, err := http.NewRequest(http.MethodGet, h.address+path, nil)
	h.must(err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	h.must(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	h.must(err)
	return answer, body
}

// A logo is drawn anew: what a camera wrote into it, and what was put behind it,
// is not in what people get.
func TestALogo(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	for _, kind := range []string{"png", "jpeg"} {
		anna.goes(idptest.Ateneu, "/settings")
		anna.uploads("save", append(withComment(t, kind), "<script>alert(1)</script>"...))
		anna.Sees("Logotip desat.")
		answer, body := h.get("/collectives/ateneu/logo")
		if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "image/"+kind ||
			answer.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(answer.Header.Get("Cache-Control"), "public, max-age=") {
			t.Errorf("%d %v", answer.StatusCode, answer.Header)
		}
		if bytes.Contains(body, []byte("script")) || bytes.Contains(body, []byte("41.4, 2.16")) {
			t.Error("something is left behind the picture")
		}
		if _, got, err := image.Decode(bytes.NewReader(body)); err != nil || got != kind {
			t.Errorf("%s, %v", got, err)
		}
		if again, body := h.get("/collectives/ateneu/logo", "If-None-Match", answer.Header.Get("Etag")); again.StatusCode != http.StatusNotModified || len(body) > 0 {
			t.Errorf("asked again: %d", again.StatusCode)
		}
		if !strings.Contains(anna.Body, `src="/collectives/ateneu/logo?v=`) {
			t.Error("the page does not show it")
		}
	}
	anna.uploads("remove", nil)
	anna.Sees("Logotip tret.")
	if answer, _ := h.get("/collectives/ateneu/logo"); answer.StatusCode != http.StatusNotFound || len(h.ateneu().Logo) > 0 {
		t.Errorf("removed: %d", answer.StatusCode)
	}
}

// withComment is a picture that says where it was taken.
func withComment(t *testing.T, kind string) []byte {
	t.Helper()
	plain, where := picture(t, 40, 20, kind), []byte("Comment\x0041.4, 2.16")
	if kind == "jpeg" {
		segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xfe}, uint16(len(where)+2))
		return append(append(append([]byte{}, plain[:2]...), append(segment, where...)...), plain[2:]...)
	}
	chunk := append([]byte("tEXt"), where...)
	whole := append(binary.BigEndian.AppendUint32(nil, uint32(len(where))), chunk...)
	whole = binary.BigEndian.AppendUint32(whole, crc32.ChecksumIEEE(chunk))
	return append(append(append([]byte{}, plain[:33]...), whole...), plain[33:]...)
}

func TestWhatIsNoLogo(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	whole := picture(t, 40, 20, "png")
	tests := []struct {
		name string
		file []byte
		says string
	}{
		{"nothing", nil, "tria una imatge PNG o JPEG"},
		{"a drawing with scripts", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "tria una imatge PNG o JPEG"},
		{"a page", []byte("<!doctype html><script>alert(1)</script>"), "tria una imatge PNG o JPEG"},
		{"another kind of picture", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), "tria una imatge PNG o JPEG"},
		{"half a picture", whole[:len(whole)/2], "tria una imatge PNG o JPEG"},
		{"a picture too wide", picture(t, 2001, 1, "png"), "la imatge és massa gran"},
		{"one that claims to be huge", claims(t, 60_000, 60_000), "la imatge és massa gran"},
		{"a file too large", append(whole, make([]byte, directory.LogoMax)...), "la imatge és massa gran"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			anna.goes(idptest.Ateneu, "/settings")
			anna.uploads("save", test.file)
			if anna.Status != http.StatusUnprocessableEntity {
				t.Errorf("status %d", anna.Status)
			}
			anna.Sees(test.says)
		})
	}
	anna.goes(idptest.Ateneu, "/settings")
	anna.uploads("save", make([]byte, directory.LogoMax*2))
	if anna.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("far too large: %d", anna.Status)
	}
	if len(h.ateneu().Logo) > 0 {
		t.Error("something was kept")
	}
}

// claims is a small file that says it is a large picture.
func claims(t *testing.T, width, height uint32) []byte {
	t.Helper()
	file := picture(t, 4, 4, "png")
	binary.BigEndian.PutUint32(file[16:], width)
	binary.BigEndian.PutUint32(file[20:], height)
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
	return file
}
