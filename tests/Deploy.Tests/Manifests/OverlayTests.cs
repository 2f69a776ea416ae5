using System.Text.Json.Nodes;

namespace ImageBuilder.Deploy.Tests.Manifests;

public sealed class OverlayTests
{
    // What an operator makes; deploy/README.md says how.
    private static readonly string[] Secrets = ["imagebuilder-registry", "imagebuilder-postgres", "imagebuilder-member-tls"];

    public static TheoryData<string> All => [.. Overlay.Names];

    [OverlayTheory]
    [MemberData(nameof(All))]
    public async Task Render_EveryDocument_IsWhatTheSchemasSay(string name)
    {
        var overlay = await Overlay.ReadAsync(name);

        overlay.Problems.ShouldBeEmpty();
        overlay.Manifests.Count.ShouldBeGreaterThan(5);
    }

    [OverlayTheory]
    [InlineData("replicas: 1", "replicas: one", "StatefulSet imagebuilder-silo: data/spec/replicas must be integer")]
    [InlineData("readOnlyRootFilesystem", "readonlyRootFilesystem", "'\"readonlyRootFilesystem\"' does not exist in type 'ISecurityContext'")]
    [InlineData("maxUnavailable: 1", "maxUnavailable: []", "PodDisruptionBudget imagebuilder-silo: data/spec/maxUnavailable")]
    [InlineData("apiVersion: policy/v1", "apiVersion: policy/v7", "PodDisruptionBudget imagebuilder-silo: there is no policy/v7")]
    public async Task Check_OfAMistake_TellsIt(string right, string wrong, string problem)
    {
        var text = await Overlay.RenderAsync("single");
        text.ShouldContain(right);

        (await Overlay.CheckAsync(text.Replace(right, wrong, StringComparison.Ordinal))).Problems.ShouldContain(told => told.Contains(problem));
    }

    [OverlayTheory]
    [MemberData(nameof(All))]
    public async Task Volumes_OfPods_ComeFromMapsThatAreThereAndFromTheKnownSecrets(string name)
    {
        var overlay = await Overlay.ReadAsync(name);
        var sources = overlay.Workloads.SelectMany(workload => workload.Sources).ToList();

        var maps = overlay.OfKind("ConfigMap").Select(map => map.Name).ToList();
        maps.ShouldNotBeEmpty();
        sources.Select(source => (string?)source["configMap"]?["name"]).OfType<string>().ToHashSet().ShouldBe(maps, ignoreOrder: true);
        sources.Select(source => (string?)(source["secret"]?["name"] ?? source["secret"]?["secretName"])).OfType<string>().ShouldBeSubsetOf(Secrets);
    }

    [OverlayTheory]
    [MemberData(nameof(All))]
    public async Task Services_TheirSelectorsAndPorts_AreThoseOfPods(string name)
    {
        var overlay = await Overlay.ReadAsync(name);

        foreach (var service in overlay.OfKind("Service"))
        {
            var pod = overlay.Workloads.Single(workload => Manifest.Selects(service.Content["spec"]!["selector"], workload.Pod!["metadata"]!["labels"]));
            var ports = pod.Containers.SelectMany(container => Manifest.Objects(container["ports"])).Select(port => (string)port["name"]!);
            Manifest.Objects(service.Content["spec"]!["ports"]).Select(port => (string)port["targetPort"]!).ShouldBeSubsetOf(ports);
        }
    }

    [OverlayTheory]
    [MemberData(nameof(All))]
    public async Task Ports_OfEveryPod_AreReachedByNobodyButWhomAPolicyNames(string name)
    {
        var overlay = await Overlay.ReadAsync(name);
        var policies = overlay.OfKind("NetworkPolicy").ToList();

        foreach (var workload in overlay.Workloads)
        {
            var own = policies.Where(policy => Manifest.Selects(policy.Content["spec"]!["podSelector"]!["matchLabels"], workload.Pod!["metadata"]!["labels"])).ToList();
            own.ShouldNotBeEmpty();
            var rules = own.SelectMany(policy => Manifest.Objects(policy.Content["spec"]!["ingress"])).ToList();
            rules.ShouldAllBe(rule => rule["from"] is JsonArray && rule["ports"] is JsonArray);

            // The kubelet, which probes, is let in always.
            var open = rules.SelectMany(rule => Manifest.Objects(rule["ports"])).Select(port => (string)port["port"]!);
            var ports = workload.Containers.SelectMany(container => Manifest.Objects(container["ports"])).Select(port => (string)port["name"]!);
            ports.Except(["health"]).ShouldBe(open.Distinct(), ignoreOrder: true);
        }
    }

    [OverlayTheory]
    [MemberData(nameof(All))]
    public async Task BudgetsAndAutoscalers_WhatTheyMean_IsThere(string name)
    {
        var overlay = await Overlay.ReadAsync(name);

        foreach (var workload in overlay.Workloads)
        {
            overlay.OfKind("PodDisruptionBudget").ShouldContain(budget => Manifest.Selects(budget.Content["spec"]!["selector"]!["matchLabels"], workload.Pod!["metadata"]!["labels"]));
        }

        foreach (var scaler in overlay.OfKind("HorizontalPodAutoscaler"))
        {
            var target = scaler.Content["spec"]!["scaleTargetRef"]!;
            var scaled = overlay.Workloads.Single(workload => workload.Kind == (string)target["kind"]! && workload.Name == (string)target["name"]!);

            // With a number of its own, each rollout would undo what the autoscaler did.
            scaled.Content["spec"]!["replicas"].ShouldBeNull();
        }
    }

    [OverlayTheory]
    [MemberData(nameof(All))]
    public async Task Kubernetes_ItsApi_IsOutOfReachOfEveryPod(string name)
    {
        var overlay = await Overlay.ReadAsync(name);

        overlay.Workloads.ShouldAllBe(workload => (bool?)workload.Pod!["spec"]!["automountServiceAccountToken"] == false);
        overlay.OfKind("ServiceAccount").ShouldAllBe(account => (bool?)account.Content["automountServiceAccountToken"] == false);
        overlay.OfKind("Role").ShouldAllBe(role => role.Content["rules"]!.AsArray().Count == 0);
    }

    [OverlayTheory]
    [MemberData(nameof(All))]
    public async Task Containers_OfEveryPod_HaveAReadOnlyRootAndDropEveryCapability(string name)
    {
        var overlay = await Overlay.ReadAsync(name);

        foreach (var container in overlay.Workloads.SelectMany(workload => workload.Containers))
        {
            var security = container["securityContext"]!;
            ((bool?)security["readOnlyRootFilesystem"]).ShouldBe(true);
            security["capabilities"]!["drop"]!.AsArray().Select(capability => (string)capability!).ShouldBe(["ALL"]);
            ((bool?)security["privileged"] ?? false).ShouldBeFalse();
            container["resources"]!["limits"]!["memory"].ShouldNotBeNull();
        }
    }

    [OverlayFact]
    public async Task Dashboard_InTheCluster_IsOnItsPortForMonitoringAlone()
    {
        var overlay = await Overlay.ReadAsync("cluster");

        var port = overlay.OfKind("StatefulSet").Single().Containers.SelectMany(container => Manifest.Objects(container["ports"])).Single(each => (string?)each["name"] == "dashboard");
        var configuration = JsonNode.Parse(overlay.OfKind("ConfigMap").Select(map => (string?)map.Content["data"]!["config.json"]).OfType<string>().Single())!;
        ((string?)configuration["dashboard"]!["address"]).ShouldBe($":{port["containerPort"]}");
        overlay.OfKind("Service").SelectMany(service => Manifest.Objects(service.Content["spec"]!["ports"])).Count(each => (string?)each["targetPort"] == "dashboard").ShouldBe(1);
        var rule = overlay.OfKind("NetworkPolicy").SelectMany(policy => Manifest.Objects(policy.Content["spec"]!["ingress"]))
            .Single(each => Manifest.Objects(each["ports"]).Any(open => (string?)open["port"] == "dashboard"));
        rule["from"]!.ToJsonString().ShouldBe("""[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"monitoring"}}}]""");
    }

    [OverlayFact]
    public async Task Members_WithTls_AllHaveTheirCertificatesMountedAndNothingElseOfThePods()
    {
        var overlay = await Overlay.ReadAsync("cluster-tls");

        var configuration = JsonNode.Parse(overlay.OfKind("ConfigMap").Select(map => (string?)map.Content["data"]!["config.json"]).OfType<string>().Single())!;
        var folder = Path.GetDirectoryName((string?)configuration["cluster"]!["tls"]!["keyPath"]);
        foreach (var container in overlay.Workloads.SelectMany(workload => workload.Containers))
        {
            // With no subPath: such a mount would not change when the secret does.
            var mount = Manifest.Objects(container["volumeMounts"]).Single(each => (string?)each["mountPath"] == folder);
            ((string?)mount["name"], mount["subPath"], (bool?)mount["readOnly"]).ShouldBe(("tls", null, true));
        }
    }

    [OverlayFact]
    public async Task Gateway_InTheCluster_IsAnybodyWithoutAnyRight()
    {
        var overlay = await Overlay.ReadAsync("cluster");
        var gateway = overlay.OfKind("Deployment").Single();

        var pod = gateway.Pod!["spec"]!;
        ((bool?)pod["securityContext"]!["runAsNonRoot"]).ShouldBe(true);
        ((string?)pod["securityContext"]!["seccompProfile"]!["type"]).ShouldBe("RuntimeDefault");
        var security = gateway.Containers.Single()["securityContext"]!;
        ((bool?)security["allowPrivilegeEscalation"]).ShouldBe(false);
        security["capabilities"]!["add"].ShouldBeNull();
        gateway.Sources.Select(source => (string?)source["secret"]?["name"]).ShouldNotContain("imagebuilder-registry");
    }
}
