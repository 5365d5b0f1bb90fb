package config

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// scrub overwrites the value of an environment variable where the kernel put it when
// the process began: unsetting leaves it there, for whoever may read
// /proc/PID/environ. Best effort: without /proc nobody reads it there either.
func scrub(name string) {
	all, err := os.ReadFile("/proc/self/environ")
	if err != nil {
		return
	}
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return
	}
	// proc_pid_stat(5): the second field is a name in brackets, env_start is the 50th.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 48 {
		return
	}
	start, err := strconv.ParseInt(fields[47], 10, 64)
	if err != nil || start == 0 {
		return
	}
	mem, err := os.OpenFile("/proc/self/mem", os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer mem.Close()
	for at := 0; at < len(all); {
		entry, _, _ := bytes.Cut(all[at:], []byte{0})
		if value, ok := bytes.CutPrefix(entry, []byte(name+"=")); ok {
			_, _ = mem.WriteAt(make([]byte, len(value)), start+int64(at+len(name)+1))
		}
		at += len(entry) + 1
	}
}
