namespace ImageBuilder.Registry.Tests.Client;

/// <summary>The tests that share the four registries.</summary>
#pragma warning disable CA1711 // xunit's word for it.
[CollectionDefinition(nameof(DockerRegistriesCollection))]
public sealed class DockerRegistriesCollection : ICollectionFixture<DockerRegistries>;
#pragma warning restore CA1711
