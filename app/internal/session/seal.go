package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"

	"munpae.example/munpae/app/internal/app"
)

// A sealed text is: one byte, the length of the key's name; the name; the nonce
// of 12 bytes; the ciphertext with its tag (AES-256-GCM, NIST SP 800-38D). The name
// and what the text is about are authenticated with it.

func newAEAD(key *derived) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key.pending)
	if err != nil {
		return nil, app.Fail(app.CodeInternal, err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, app.Fail(app.CodeInternal, err)
	}
	return aead, nil
}

// SealProfile encrypts the profile of a pending sign-up, as JSON, under the pending
// key; about binds the text to its row. CodeKeystoreLocked without a key.
func (s *Keeper) SealProfile(p app.Profile, about string) ([]byte, error) {
	plain, err := json.Marshal(p)
	if err != nil {
		return nil, app.Fail(app.CodeInternal, err)
	}
	return s.Seal(plain, about)
}

// OpenProfile decrypts what SealProfile made for the same about. CodeKeystoreLost if
// the key is another or a byte differs.
func (s *Keeper) OpenProfile(sealed []byte, about string) (app.Profile, error) {
	var p app.Profile
	plain, err := s.Open(sealed, about)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(plain, &p); err != nil {
		return p, app.Fail(app.CodeInternal, err)
	}
	return p, nil
}

// Seal encrypts plain under the pending key; about binds it to its row.
// CodeKeystoreLocked without a key.
func (s *Keeper) Seal(plain []byte, about string) ([]byte, error) {
	key, err := s.keySet.current()
	if err != nil {
		return nil, err
	}
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	sealed := append([]byte{byte(len(key.id))}, key.id...)
	head := len(sealed)
	sealed = append(sealed, make([]byte, aead.NonceSize())...)
	s.randMu.Lock()
	_, err = io.ReadFull(s.rand, sealed[head:])
	s.randMu.Unlock()
	if err != nil {
		return nil, app.Fail(app.CodeInternal, err)
	}
	return aead.Seal(sealed, sealed[head:], plain, append(sealed[:head:head], about...)), nil
}

// Open decrypts what Seal made for the same about. CodeKeystoreLost.
func (s *Keeper) Open(sealed []byte, about string) ([]byte, error) {
	if len(sealed) == 0 || len(sealed) < 1+int(sealed[0]) {
		return nil, app.Fail(app.CodeKeystoreLost, nil)
	}
	head := 1 + int(sealed[0])
	key, err := s.keySet.named(string(sealed[1:head]))
	if err != nil {
		return nil, err
	}
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	if len(sealed) < head+aead.NonceSize() {
		return nil, app.Fail(app.CodeKeystoreLost, nil)
	}
	nonce, text := sealed[head:head+aead.NonceSize()], sealed[head+aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, text, append(sealed[:head:head], about...))
	if err != nil {
		return nil, app.Fail(app.CodeKeystoreLost, err)
	}
	return plain, nil
}

// NameTag tells what text was without saying it: HMAC-SHA-256 under a key of its own, in
// hexadecimal. CodeKeystoreLocked without a key.
func (s *Keeper) NameTag(text string) (string, error) {
	key, err := s.keySet.current()
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key.names)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil)), nil
}
