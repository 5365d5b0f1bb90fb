package config

import (
	"encoding/json"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
)

// secretSuffix ends the names of the settings that are secret.
const secretSuffix = "_CLIENT_SECRET"

// secretsFrom names, after the program's prefix, the descriptor that a relaunch hands
// them over on.
const secretsFrom = "SECRETS_FROM"

// maxSecrets bounds what is read from there, in bytes; it fits into a pipe.
const maxSecrets = 32 << 10

// taken are the secrets that stood in the environment. An environment is inherited by
// every child, the person's browser among them, and can be read from outside for as
// long as the process lives: so they leave it at the first look.
var taken struct {
	mu     sync.Mutex
	values map[string]string
}

// takeSecrets moves the secrets of the program with that prefix out of the
// environment, and takes over those of the process before a relaunch.
func takeSecrets(prefix string) {
	taken.mu.Lock()
	defer taken.mu.Unlock()
	if taken.values == nil {
		taken.values = map[string]string{}
	}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, prefix) && strings.HasSuffix(name, secretSuffix) {
			taken.values[name] = strings.Clone(value)
			scrub(name)
			os.Unsetenv(name)
		}
	}
	if fd, err := strconv.Atoi(os.Getenv(prefix + secretsFrom)); err == nil {
		os.Unsetenv(prefix + secretsFrom)
		inherit(fd, taken.values)
	}
}

// inherit reads secrets from the descriptor, if that is a pipe, and closes it.
func inherit(fd int, into map[string]string) {
	f := os.NewFile(uintptr(fd), "secrets")
	if f == nil {
		return
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || st.Mode()&os.ModeNamedPipe == 0 {
		return
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSecrets))
	if err == nil {
		_ = json.Unmarshal(data, &into)
	}
}

// lookup is os.LookupEnv that also knows what was taken.
func lookup(name string) (string, bool) {
	taken.mu.Lock()
	value, ok := taken.values[name]
	taken.mu.Unlock()
	if ok {
		return value, true
	}
	return os.LookupEnv(name)
}

// HandOver gives the secrets that were in the environment to the program that
// replaces this one: it returns what stands in that one's environment instead of
// them. Where no descriptor can be inherited, that is they themselves.
func (c Config) HandOver() []string {
	taken.mu.Lock()
	defer taken.mu.Unlock()
	if len(taken.values) == 0 {
		return nil
	}
	text, err := json.Marshal(taken.values)
	if err == nil {
		if fd, ok := pipeTo(text); ok {
			return []string{c.prefix + secretsFrom + "=" + strconv.Itoa(fd)}
		}
	}
	var env []string
	for name, value := range taken.values {
		env = append(env, name+"="+value)
	}
	return env
}
