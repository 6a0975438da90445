package kconfig

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// batchMain makes conf read the Kconfig once for many jobs: it is forked for
// each line "mode config seed" of the file that PTREVIEW_JOBS names. A seed
// of - is none. Each job's exit status is printed.
const batchMain = `
#define main conf_main
#define conf_parse batch_parse
#include "conf.c"
#undef main
#undef conf_parse
#include <sys/wait.h>

extern void conf_parse(const char *name);

static const char *const modes[] = {
	[olddefconfig] = "olddefconfig", [defconfig] = "defconfig",
	[allnoconfig] = "allnoconfig", [allyesconfig] = "allyesconfig",
	[allmodconfig] = "allmodconfig", [alldefconfig] = "alldefconfig",
	[randconfig] = "randconfig", [syncconfig] = "syncconfig",
};

static void take(const char *mode, const char *config, const char *seed)
{
	for (int i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (modes[i] && !strcmp(modes[i], mode))
			input_mode = i;
	setenv("KCONFIG_CONFIG", config, 1);
	sync_kconfig = input_mode == syncconfig;
	if (input_mode == randconfig) {
		setenv("KCONFIG_SEED", seed, 1);
		set_randconfig_seed();
	} else if (input_mode == defconfig) {
		rename(seed, "seed");
	} else if (strcmp(seed, "-")) {
		setenv("KCONFIG_ALLCONFIG", seed, 1);
	}
}

void batch_parse(const char *name)
{
	static char jobs[1 << 20];
	const char *file = getenv("PTREVIEW_JOBS"), *p = jobs;
	char mode[100], config[1000], seed[1000];
	FILE *in;
	int n;

	conf_parse(name);
	if (!file)
		return;
	in = fopen(file, "r");
	fread(jobs, 1, sizeof(jobs) - 1, in);
	fclose(in); /* a child would move the offset that it shares */
	for (; sscanf(p, "%99s %999s %999s %n", mode, config, seed, &n) == 3; p += n) {
		int status = 0;

		fflush(NULL);
		if (!fork()) {
			freopen("/dev/null", "w", stdout);
			take(mode, config, seed);
			return;
		}
		wait(&status);
		if (status)
			printf("%s %s: status %d\n", mode, config, status);
	}
	exit(0);
}

int main(int argc, char **argv)
{
	return conf_main(argc, argv);
}
`

// job is one configuration that conf makes.
type job struct {
	mode string // an option of conf without --
	text string // the .config of olddefconfig and defconfig
	seed string // a .config for KCONFIG_ALLCONFIG, or of randconfig the number; "" is none
}

// batch returns the .config of each job.
func (o *oracle) batch(t testing.TB, jobs []job) []string {
	t.Helper()
	dir := t.TempDir()
	// With a folder's auto.conf in place conf does not touch a file for each
	// symbol.
	if err := os.MkdirAll(filepath.Join(dir, "include/config"), 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "include/config/auto.conf"), "")
	var list strings.Builder
	for i, j := range jobs {
		seed := "-"
		switch {
		case j.mode == "randconfig":
			seed = j.seed
		case j.mode == "defconfig":
			seed = fmt.Sprintf("seed.%d", i)
			writeFile(t, filepath.Join(dir, seed), j.text)
		case j.seed != "":
			seed = fmt.Sprintf("seed.%d", i)
			writeFile(t, filepath.Join(dir, seed), j.seed)
		default:
			writeFile(t, filepath.Join(dir, fmt.Sprintf("config.%d", i)), j.text)
		}
		fmt.Fprintf(&list, "%s config.%d %s\n", j.mode, i, seed)
	}
	writeFile(t, filepath.Join(dir, "jobs"), list.String())
	cmd := exec.Command(o.conf, "--defconfig=seed", "Kconfig")
	var errs bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(o.env[:len(o.env):len(o.env)], "PTREVIEW_JOBS=jobs"), &errs
	out, err := cmd.Output()
	if err != nil || len(out) > 0 {
		t.Fatalf("conf: %v\n%.2000s\n%.2000s", err, out, errs.Bytes())
	}
	configs := make([]string, len(jobs))
	for i := range jobs {
		data, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("config.%d", i)))
		if err != nil {
			t.Fatal(err)
		}
		configs[i] = string(data)
	}
	return configs
}
