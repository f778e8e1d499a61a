// Read files of HCL and print what is in them as JSON: whether each is formatted, as by
// `terraform fmt`; its blocks; and the values of attributes that are asked for, of which
// a local one is known to those behind it.
//
// Arguments: files. Standard input: {"values": {"var": {...}}, "wanted": ["locals.NAME",
// "resource.TYPE.NAME.ATTRIBUTE"]}.
package main

import (
	"bytes"
	"encoding/json"
	"log"
	"os"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

type question struct {
	Values ctyjson.SimpleJSONValue `json:"values"`
	Wanted []string                `json:"wanted"`
}

type block struct {
	Type       string              `json:"type"`
	Labels     []string            `json:"labels"`
	Line       int                 `json:"line"`
	Attributes map[string][]string `json:"attributes"` // what each refers to
	Blocks     []block             `json:"blocks"`
}

type answer struct {
	Formatted map[string]bool            `json:"formatted"`
	Blocks    []block                    `json:"blocks"`
	Values    map[string]json.RawMessage `json:"values"`
}

var functions = map[string]function.Function{
	"can":        tryfunc.CanFunc,
	"coalesce":   stdlib.CoalesceFunc,
	"concat":     stdlib.ConcatFunc,
	"contains":   stdlib.ContainsFunc,
	"join":       stdlib.JoinFunc,
	"jsonencode": stdlib.JSONEncodeFunc,
	"length":     stdlib.LengthFunc,
	"regex":      stdlib.RegexFunc,
	"split":      stdlib.SplitFunc,
}

func check(diagnostics hcl.Diagnostics) {
	if diagnostics.HasErrors() {
		log.Fatal(diagnostics)
	}
}

// name tells a reference without indices, such as aws_route53_zone.this.zone_id.
func name(traversal hcl.Traversal) string {
	steps := []string{traversal.RootName()}
	for _, step := range traversal[1:] {
		if attribute, ok := step.(hcl.TraverseAttr); ok {
			steps = append(steps, attribute.Name)
		}
	}
	return strings.Join(steps, ".")
}

func read(one *hclsyntax.Block) block {
	result := block{one.Type, one.Labels, one.TypeRange.Start.Line, map[string][]string{}, nil}
	for key, attribute := range one.Body.Attributes {
		references := []string{}
		for _, traversal := range attribute.Expr.Variables() {
			references = append(references, name(traversal))
		}
		result.Attributes[key] = references
	}
	for _, inner := range one.Body.Blocks {
		result.Blocks = append(result.Blocks, read(inner))
	}
	return result
}

// collect finds every attribute by the types and labels of its blocks.
func collect(attributes map[string]*hclsyntax.Attribute, prefix string, body *hclsyntax.Body) {
	for key, attribute := range body.Attributes {
		attributes[prefix+key] = attribute
	}
	for _, one := range body.Blocks {
		path := strings.Join(append([]string{one.Type}, one.Labels...), ".")
		collect(attributes, prefix+path+".", one.Body)
	}
}

func evaluate(attribute *hclsyntax.Attribute, values map[string]cty.Value) cty.Value {
	value, diagnostics := attribute.Expr.Value(&hcl.EvalContext{Variables: values, Functions: functions})
	check(diagnostics)
	return value
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	log.SetFlags(0)
	asked := question{}
	must(json.NewDecoder(os.Stdin).Decode(&asked))
	result := answer{map[string]bool{}, nil, map[string]json.RawMessage{}}
	attributes := map[string]*hclsyntax.Attribute{}
	for _, path := range os.Args[1:] {
		source, err := os.ReadFile(path)
		must(err)
		file, diagnostics := hclsyntax.ParseConfig(source, path, hcl.InitialPos)
		check(diagnostics)
		result.Formatted[path] = bytes.Equal(source, hclwrite.Format(source))
		body := file.Body.(*hclsyntax.Body)
		collect(attributes, "", body)
		for _, one := range body.Blocks {
			result.Blocks = append(result.Blocks, read(one))
		}
	}
	values := asked.Values.AsValueMap()
	locals := map[string]cty.Value{}
	for _, wanted := range asked.Wanted {
		attribute, found := attributes[wanted]
		if !found {
			log.Fatal("there is no ", wanted)
		}
		value := evaluate(attribute, values)
		text, err := ctyjson.Marshal(value, value.Type())
		must(err)
		result.Values[wanted] = text
		if strings.HasPrefix(wanted, "locals.") {
			locals[strings.TrimPrefix(wanted, "locals.")] = value
			values["local"] = cty.ObjectVal(locals)
		}
	}
	must(json.NewEncoder(os.Stdout).Encode(result))
}
