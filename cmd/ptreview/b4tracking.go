package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"

	"ptreview/parse/history"
)

// tracking is where b4 has put the commits of a series under review.
type tracking struct {
	tip     string // the last of them
	commits string // "base..tip"
}

// changeID is what b4 makes change ids of; they are part of a branch's name.
var changeID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// maxTracking bounds the tracking file, in bytes.
const maxTracking = 16 << 20

// readTracking reads what b4 says of a series under review; nil if it says
// nothing, or the series is not checked out.
// Source: _fetch_and_check and get_review_info, b4 0.16.0: the commits are
// first-patch-commit~1..b4/review/CHANGE-ID~1, the branch's last has the data.
func readTracking(name string, repo *history.Repo) (*tracking, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("B4_TRACKING_FILE: %w; b4 sets it, leave it out otherwise", err)
	}
	defer f.Close()
	var data struct {
		Series struct {
			ChangeID string `json:"change-id"`
			First    string `json:"first-patch-commit"`
		} `json:"series"`
	}
	if err := json.NewDecoder(io.LimitReader(f, maxTracking)).Decode(&data); err != nil {
		return nil, fmt.Errorf("B4_TRACKING_FILE: %s: %w; b4 writes it as JSON", name, err)
	}
	first, err := history.ParseHash(data.Series.First)
	if err != nil || !changeID.MatchString(data.Series.ChangeID) || !repo.HasCommit(first) {
		return nil, nil
	}
	tip, err := repo.Resolve("refs/heads/b4/review/" + data.Series.ChangeID + "~1")
	if err != nil {
		return nil, nil
	}
	return &tracking{tip: string(tip), commits: fmt.Sprintf("%s~1..%s", first, tip)}, nil
}
