// fluxbuild renders a Flux Kustomization as kustomize-controller does, without a cluster.
//
// Usage: fluxbuild ROOT KUSTOMIZATION.yaml
//
// ROOT is a copy of the repository; the program writes a kustomization.yaml where Flux generates
// one. It prints one JSON object a line, after the normalization that precedes server-side apply,
// in the order in which Flux applies the objects.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"github.com/fluxcd/pkg/kustomize"
	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/normalize"
	"github.com/fluxcd/pkg/ssa/utils"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: fluxbuild ROOT KUSTOMIZATION.yaml")
		os.Exit(2)
	}
	if err := build(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func build(root, file string) error {
	objects, err := rendered(root, file)
	if err != nil {
		return err
	}
	if err := normalize.UnstructuredList(objects); err != nil {
		return fmt.Errorf("normalize: %w", err)
	}
	sort.Sort(ssa.SortableUnstructureds(objects))
	out := json.NewEncoder(os.Stdout)
	for _, object := range objects {
		if err := out.Encode(object.Object); err != nil {
			return err
		}
	}
	return nil
}

func rendered(root, file string) ([]*unstructured.Unstructured, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	owner, err := utils.ReadObject(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	path, found, err := unstructured.NestedString(owner.Object, "spec", "path")
	if err != nil || !found {
		return nil, fmt.Errorf("%s: no spec.path (%v)", file, err)
	}
	folder := filepath.Join(root, path)
	if _, err := kustomize.NewGenerator(root, *owner).WriteFile(folder); err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	resources, err := kustomize.SecureBuild(root, folder, false)
	if err != nil {
		return nil, fmt.Errorf("kustomize build: %w", err)
	}
	yaml, err := resources.AsYaml()
	if err != nil {
		return nil, err
	}
	return utils.ReadObjects(bytes.NewReader(yaml))
}
