//go:build unix

package config_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"munpae.example/munpae/app/internal/config"
)

// In a child process the test binary is a start that reads its settings, shows what is
// left in its environment, and with "again" replaces itself as a relaunch does.
func readSecrets() {
	how := os.Getenv("TEST_SECRETS")
	computer := config.ThisComputer("munpae")
	secret, _ := computer.Env("MUNPAE_NAVER_CLIENT_SECRET")
	c, err := config.Load([]string{"--profile", "/nonexistent"}, computer)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	environ, _ := os.ReadFile("/proc/self/environ")
	child, _ := exec.Command("env").Output()
	all := string(environ) + string(child) + strings.Join(os.Environ(), " ")
	fmt.Println(how, secret, strings.Contains(all, "shh-"), strings.Contains(string(child)+strings.Join(os.Environ(), " "), "SECRETS_FROM"))
	if how == "again" {
		env := append(os.Environ(), c.HandOver()...)
		if strings.Contains(strings.Join(env, " "), "shh-") {
			fmt.Println("the relaunch has it in its environment")
		}
		os.Setenv("TEST_SECRETS", "after")
		env = append(os.Environ(), c.HandOver()...)
		fmt.Println(syscall.Exec("/proc/self/exe", os.Args, env))
	}
}

func TestCF08_ASecretLeavesTheEnvironmentAndReachesTheRelaunchByAPipe(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("no /proc here")
	}
	if stat, err := os.ReadFile("/proc/self/stat"); err == nil {
		// proc_pid_stat(5): the 50th field is where the environment begins; QEMU does not tell.
		if fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])); len(fields) < 48 || fields[47] == "0" {
			t.Skip("emulated: what the kernel keeps of the environment is the emulator's own")
		}
	}
	c := exec.Command(os.Args[0])
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "TEST_SECRETS=again", "MUNPAE_NAVER_CLIENT_ID=id", "MUNPAE_NAVER_CLIENT_SECRET=shh-naver", "MUNPAE_OIDC2_CLIENT_SECRET=shh-oidc"}
	out, err := c.CombinedOutput()
	if want := "again shh-naver false false\nafter shh-naver false false\n"; err != nil || string(out) != want {
		t.Errorf("%v: %q, want %q", err, out, want)
	}
}

func TestCF08_NothingIsReadFromADescriptorThatIsNoPipe(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "file")
	must(t, err)
	_, err = f.WriteString(`{"MUNPAE_NAVER_CLIENT_SECRET":"planted"}`)
	must(t, err)
	_, err = f.Seek(0, 0)
	must(t, err)
	c := exec.Command(os.Args[0])
	c.ExtraFiles = []*os.File{f}
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "TEST_SECRETS=once", "MUNPAE_NAVER_CLIENT_ID=id", "MUNPAE_SECRETS_FROM=3"}
	out, err := c.CombinedOutput()
	if want := "once  false false\n"; err != nil || string(out) != want {
		t.Errorf("%v: %q, want %q", err, out, want)
	}
}

func TestNoCoreIsDumpedAndTheHardLimitStays(t *testing.T) {
	var before, after syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_CORE, &before))
	t.Cleanup(func() { _ = syscall.Setrlimit(syscall.RLIMIT_CORE, &before) })
	old := umask(0o022)
	t.Cleanup(func() { umask(old) })
	config.Private()
	must(t, syscall.Getrlimit(syscall.RLIMIT_CORE, &after))
	if after.Cur != 0 || after.Max != before.Max {
		t.Errorf("%+v, was %+v", after, before)
	}
}
