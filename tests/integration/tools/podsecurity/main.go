// Verdicts of the Pod Security admission plugin: a pod of a line of standard input, a line of
// standard output with 1 where it is refused, for each level and version of the arguments.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

func main() {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<20)
	for lines.Scan() {
		var pod corev1.Pod
		if err := json.Unmarshal(lines.Bytes(), &pod); err != nil {
			panic(err)
		}
		for _, level := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
			for _, text := range os.Args[1:] {
				version, err := api.ParseVersion(text)
				if err != nil {
					panic(err)
				}
				at := api.LevelVersion{Level: level, Version: version}
				allowed := policy.AggregateCheckResults(evaluator.EvaluatePod(at, &pod.ObjectMeta, &pod.Spec)).Allowed
				if allowed {
					fmt.Print("0")
				} else {
					fmt.Print("1")
				}
			}
			fmt.Print(" ")
		}
		fmt.Println()
	}
}
