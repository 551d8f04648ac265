// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"bytes"
	"errors"
	"testing"
	"testing/iotest"
)

func TestWhatIsSealedOpensWhereItBelongs(t *testing.T) {
	s := testSealer(t, testMaster(t))
	for _, plain := range []string{"", "x", "a private key"} {
		sealed, err := s.Seal([]byte(plain), "signing-key/1")
		if err != nil {
			t.Fatal(err)
		}
		if len(plain) > 8 && bytes.Contains(sealed, []byte(plain)) { // a single byte is there by chance
			t.Error("sealed data shows what it holds")
		}
		got, err := s.Open(sealed, "signing-key/1")
		if err != nil || string(got) != plain {
			t.Errorf("Open = %q, %v", got, err)
		}
		if _, err := s.Open(sealed, "signing-key/2"); !errors.Is(err, ErrSealBroken) {
			t.Errorf("opened in another place: %v", err)
		}
		again, err := s.Seal([]byte(plain), "signing-key/1")
		if err != nil || bytes.Equal(again, sealed) {
			t.Errorf("sealed twice alike: %v", err)
		}
	}
}

func TestSealOfAnotherMasterSaysSo(t *testing.T) {
	sealed, err := testSealer(t, testMaster(t)).Seal([]byte("x"), "c")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := testSealer(t, testMaster(t)).Open(sealed, "c"); !errors.Is(err, ErrOtherMaster) {
		t.Fatal(err)
	}
}

func TestEveryBitOfASealCounts(t *testing.T) {
	s := testSealer(t, testMaster(t))
	sealed, err := s.Seal([]byte("a private key"), "c")
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		for bit := range 8 {
			bad := bytes.Clone(sealed)
			bad[i] ^= 1 << bit
			if _, err := s.Open(bad, "c"); err == nil {
				t.Fatalf("opened with bit %d of byte %d flipped", bit, i)
			}
		}
		if _, err := s.Open(sealed[:i], "c"); !errors.Is(err, ErrSealBroken) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
	if _, err := s.Open(append(sealed, 0), "c"); !errors.Is(err, ErrSealBroken) {
		t.Fatalf("with a byte more: %v", err)
	}
}

func TestNoRandomnessNoSeal(t *testing.T) {
	s, err := NewSealer(testMaster(t), iotest.ErrReader(errors.New("no entropy")))
	if err != nil {
		t.Fatal(err)
	}
	if sealed, err := s.Seal([]byte("x"), "c"); err == nil {
		t.Fatalf("sealed without a nonce: %x", sealed)
	}
	if _, err := NewMaster(iotest.ErrReader(errors.New("no entropy"))); err == nil {
		t.Fatal("a master secret came from nowhere")
	}
}
