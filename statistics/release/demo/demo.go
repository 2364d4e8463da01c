// Package demo is a release that anybody can make: from figures that were
// published, each with the address of its source.
package demo

import (
	"context"
	"embed"
	"errors"
	"os"
	"path/filepath"

	"rowan/statistics/release"
)

//go:embed published.csv release.yaml
var files embed.FS

// Compile makes the demonstration's release in a folder.
func Compile(ctx context.Context, out string, o release.Options) (_ *release.Result, err error) {
	dir, err := os.MkdirTemp("", "rowan-demo-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.CopyFS(dir, files); err != nil {
		return nil, err
	}
	plan, err := release.ReadPlan(filepath.Join(dir, "release.yaml"))
	if err != nil {
		return nil, err
	}
	return release.Compile(ctx, plan, out, o)
}
