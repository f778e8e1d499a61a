// What bootname does, in Go with the AWS SDK: the script that it replaces, compiled.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// fetch returns a value of the instance metadata.
func fetch(ctx context.Context, metadata *imds.Client, path string) string {
	answer, err := metadata.GetMetadata(ctx, &imds.GetMetadataInput{Path: path})
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Content.Close()
	value, err := io.ReadAll(answer.Content)
	if err != nil {
		log.Fatal(err)
	}
	return string(value)
}

// findZone returns the id of the hosted zone of that name.
func findZone(ctx context.Context, client *route53.Client, name string) *string {
	answer, err := client.ListHostedZonesByName(ctx, &route53.ListHostedZonesByNameInput{
		DNSName: aws.String(name), MaxItems: aws.Int32(1)})
	if err != nil {
		log.Fatal(err)
	}
	for _, zone := range answer.HostedZones {
		if *zone.Name == name {
			return zone.Id
		}
	}
	log.Fatalf("no hosted zone %s", name)
	return nil
}

func main() {
	ctx := context.Background()
	settings, err := config.LoadDefaultConfig(ctx, config.WithRegion("us-east-1"))
	if err != nil {
		log.Fatal(err)
	}
	metadata := imds.NewFromConfig(settings)
	name := fetch(ctx, metadata, "tags/instance/dnsname")
	address := fetch(ctx, metadata, "public-ipv4")
	client := route53.NewFromConfig(settings)
	_, zoneName, _ := strings.Cut(name, ".")
	zone := findZone(ctx, client, zoneName+".")
	_, err = client.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: zone,
		ChangeBatch: &types.ChangeBatch{Changes: []types.Change{{
			Action: types.ChangeActionUpsert,
			ResourceRecordSet: &types.ResourceRecordSet{
				Name: aws.String(name), Type: types.RRTypeA, TTL: aws.Int64(60),
				ResourceRecords: []types.ResourceRecord{{Value: aws.String(address)}},
			}}}}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("setting", name, "to", address)
}
