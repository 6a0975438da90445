// Command ptreview reviews Linux kernel patch series for what they do to the
// page-table helpers of every architecture.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"ptreview/cmd/ptreview/internal/report"
)

const programName = "ptreview"

type cli struct {
	Review   reviewCmd   `cmd:"" help:"Review a patch series or a range of commits."`
	Helpers  helpersCmd  `cmd:"" help:"List the definitions of a page-table helper, or those that a series changes."`
	Classes  classesCmd  `cmd:"" help:"List the configurations that have different definitions of helpers."`
	Config   configCmd   `cmd:"" help:"Write the .config of a class, or check how ptreview is configured."`
	Audit    auditCmd    `cmd:"" help:"Run rules on a kernel as it stands, without a patch."`
	Eval     evalCmd     `cmd:"" help:"Compare reviews of a corpus with what is expected of them: recall and precision."`
	Laws     lawsCmd     `cmd:"" help:"Prove what page-table helpers must do, or show where they do not."`
	Coverage coverageCmd `cmd:"" help:"Measure how much of a kernel can be read."`
	Emulate  emulateCmd  `cmd:"" help:"Run a function of a kernel on the emulated machine."`
	Replay   replayCmd   `cmd:"" help:"Run the evidence of a report again."`
	Baseline baselineCmd `cmd:"" help:"Write a file of known findings from a report."`
	Explain  explainCmd  `cmd:"" help:"Explain a rule."`
	Rules    rulesCmd    `cmd:"" help:"List the rules, or write a page about them."`
	Hook     hookCmd     `cmd:"" help:"Review as a hook of git."`
	B4       b4Cmd       `cmd:"" name:"b4" help:"Review one patch mail as a check command of b4."`
	Cache    cacheCmd    `cmd:"" help:"Show or clear the reviews kept on disk."`
	Demo     demoCmd     `cmd:"" help:"Review the founding case on a built-in kernel in miniature."`
	Schema   schemaCmd   `cmd:"" help:"Print the JSON Schema of reports."`
	Version  versionCmd  `cmd:"" help:"Print the version."`

	Completion completionCmd `cmd:"" help:"Print what a shell needs to complete command lines."`
	Complete   completeCmd   `cmd:"" hidden:""`
	Man        manCmd        `cmd:"" help:"Print a manual page."`
}

// description is what --help says of the whole program.
func description() string {
	return "Reviews Linux kernel patch series: finds the per-architecture page-table helpers that generic code reaches in a new way, and executes the kernel's own source to show what happens.\n\nExit status:\n" + exitText()
}

// streams are where commands read and write.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// statusError ends the program with a status, after its message if it has one.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *statusError) Unwrap() error { return e.err }

// memoryGoal is the heap size from which the collector works harder, in bytes;
// GOMEMLIMIT overrides it.
const memoryGoal = 950 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryGoal)
	}
	// A reader that went away is an error like any other that keeps a report
	// from being written; it must not look like a death by signal.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // who asks again is not kept waiting
	status := run(ctx, os.Args[1:], streams{&untilInterrupted{ctx, os.Stdin}, os.Stdout, os.Stderr})
	stop()
	os.Exit(status)
}

// newParser returns the parser of the command line, which calls exit behind
// --help.
func newParser(ctx context.Context, s streams, l *levels, exit func(int)) (*kong.Kong, error) {
	parser, err := kong.New(&cli{},
		kong.Name(programName),
		kong.Description(description()),
		kong.Writers(s.out, s.err),
		kong.Exit(exit),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 80}),
		kong.Vars{"faces": strings.Join(report.FaceNames(), ", ")},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s, l),
		kong.Resolvers(l),
	)
	if err == nil {
		nameVariables(parser.Model.Node)
	}
	return parser, err
}

// run parses args, runs the command and returns the exit status.
func run(ctx context.Context, args []string, s streams) int {
	status := -1
	l := &levels{environ: os.Environ()}
	parser, err := newParser(ctx, s, l, func(code int) { status = code })
	if err != nil {
		return fail(s, err)
	}
	k, err := parser.Parse(args)
	if status >= 0 {
		return status // --help
	}
	if err != nil {
		return fail(s, err)
	}
	l.given = flagsOf(k)
	if err := l.err(); err != nil && !sayThemselves(k) {
		return fail(s, err)
	}
	if err := k.Run(); err != nil {
		var se *statusError
		if errors.As(err, &se) {
			if se.err != nil {
				fail(s, se.err)
			}
			return se.status
		}
		if ctx.Err() != nil {
			return interrupted(s)
		}
		return fail(s, err)
	}
	return exitClean
}

// sayThemselves reports whether the command says what is wrong with its
// configuration: a hook must not stop git for that.
func sayThemselves(k *kong.Context) bool {
	return k.Selected().FullPath() == programName+" hook run"
}

// fail tells of an error; it may quote what is in a tree or a mail.
func fail(s streams, err error) int {
	lines := strings.Split(err.Error(), "\n")
	for i := range lines {
		lines[i] = report.Clean(lines[i])
	}
	fmt.Fprintf(s.err, "ptreview: %s\n", strings.Join(lines, "\n"))
	return exitUsage
}
