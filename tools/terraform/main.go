// Print the schema of the resources that stackgen writes for Terraform, as facts:
// a line for each attribute and block, with its path, type, and whether it must or can be set.
//
// The program runs inside a checkout of the provider, whose own code it asks:
//
//	git clone --depth 1 --branch v7.45.0 https://github.com/hashicorp/terraform-provider-google
//	cp -r tools/terraform terraform-provider-google/stackgen
//	cd terraform-provider-google && go run ./stackgen v7.45.0 > provider.tsv
//
// The result is tests/machines/provider.tsv.
package main

import (
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-provider-google/google/services/compute"
	"github.com/hashicorp/terraform-provider-google/google/services/container"
	"github.com/hashicorp/terraform-provider-google/google/services/resourcemanager"
	"github.com/hashicorp/terraform-provider-google/google/services/secretmanager"
)

func main() {
	resources := map[string]*schema.Resource{
		"google_compute_subnetwork":         compute.ResourceComputeSubnetwork(),
		"google_project_iam_member":         resourcemanager.ProjectIamMemberResource(),
		"google_project_service":            resourcemanager.ResourceGoogleProjectService(),
		"google_secret_manager_secret":      secretmanager.ResourceSecretManagerSecret(),
		"google_service_account":            resourcemanager.ResourceGoogleServiceAccount(),
		"google_service_account_iam_member": resourcemanager.ServiceAccountIamMemberResource(),
		"google_container_cluster":          container.ResourceContainerCluster(),
		"google_container_node_pool":        container.ResourceContainerNodePool(),
	}
	var lines []string
	for name, resource := range resources {
		lines = append(lines, facts(name, resource.Schema)...)
	}
	sort.Strings(lines)
	fmt.Printf("# terraform-provider-google\t%s\n", os.Args[1])
	fmt.Println("# path\ttype\tuse\tat most")
	fmt.Println(strings.Join(lines, "\n"))
}

func facts(above string, schemas map[string]*schema.Schema) []string {
	var lines []string
	for name, field := range schemas {
		path := above + "." + name
		use := "optional"
		if field.Required {
			use = "required"
		} else if field.Computed && !field.Optional {
			use = "computed"
		}
		kind := typeName(field.Type)
		block, nested := field.Elem.(*schema.Resource)
		if value, ok := field.Elem.(*schema.Schema); ok {
			kind += " of " + typeName(value.Type)
		}
		if nested {
			kind = "block"
		}
		most := ""
		if field.MaxItems > 0 {
			most = fmt.Sprint(field.MaxItems)
		}
		lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%s", path, kind, use, most))
		if nested && use != "computed" {
			lines = append(lines, facts(path, block.Schema)...)
		}
	}
	return lines
}

func typeName(t schema.ValueType) string {
	return strings.ToLower(strings.TrimPrefix(t.String(), "Type"))
}
