using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;

namespace Grpc.Reflection;

/// <summary>The services that the application maps, and every symbol of their .proto files. Built at the first question.</summary>
internal sealed class DescriptorIndex(EndpointDataSource endpoints)
{
    private readonly Lazy<Content> _content = new(() => Build(endpoints));

    public IReadOnlyList<string> Services => _content.Value.Services;

    /// <summary>A file and all that it needs, serialised; null when there is none of that name.</summary>
    public IReadOnlyList<ByteString>? FindFile(string name) => _content.Value.Files.TryGetValue(name, out var file) ? WithDependencies(file) : null;

    /// <summary>The file that declares a symbol, and all that it needs; null when there is none.</summary>
    public IReadOnlyList<ByteString>? FindSymbol(string name) =>
        _content.Value.Symbols.TryGetValue(name.TrimStart('.'), out var file) ? WithDependencies(file) : null;

    private static Content Build(EndpointDataSource endpoints)
    {
        var services = endpoints.Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType)
            .OfType<Type>()
            .Distinct()
            .Select(DescriptorOf)
            .OfType<ServiceDescriptor>()
            .ToList();
        var content = new Content([.. services.Select(service => service.FullName).Distinct().Order(StringComparer.Ordinal)]);
        foreach (var service in services)
        {
            Add(content, service.File);
        }

        return content;
    }

    private static ServiceDescriptor? DescriptorOf(Type service) => service
        .GetCustomAttribute<BindServiceMethodAttribute>(inherit: true)?.BindType
        .GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) as ServiceDescriptor;

    private static void Add(Content content, FileDescriptor file)
    {
        if (!content.Files.TryAdd(file.Name, file))
        {
            return;
        }

        foreach (var dependency in file.Dependencies)
        {
            Add(content, dependency);
        }

        foreach (var service in file.Services)
        {
            content.Symbols[service.FullName] = file;
            foreach (var method in service.Methods)
            {
                content.Symbols[method.FullName] = file;
            }
        }

        foreach (var message in file.MessageTypes)
        {
            Add(content, message);
        }

        foreach (var enumType in file.EnumTypes)
        {
            Add(content, enumType);
        }
    }

    private static void Add(Content content, MessageDescriptor message)
    {
        content.Symbols[message.FullName] = message.File;
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            content.Symbols[field.FullName] = message.File;
        }

        foreach (var nested in message.NestedTypes)
        {
            Add(content, nested);
        }

        foreach (var enumType in message.EnumTypes)
        {
            Add(content, enumType);
        }
    }

    private static void Add(Content content, EnumDescriptor enumType)
    {
        content.Symbols[enumType.FullName] = enumType.File;
        foreach (var value in enumType.Values)
        {
            content.Symbols[value.FullName] = enumType.File;
        }
    }

    private static List<ByteString> WithDependencies(FileDescriptor file)
    {
        var files = new List<FileDescriptor>();
        Collect(file);
        return [.. files.Select(needed => needed.SerializedData)];

        void Collect(FileDescriptor needed)
        {
            if (!files.Contains(needed))
            {
                files.Add(needed);
                foreach (var dependency in needed.Dependencies)
                {
                    Collect(dependency);
                }
            }
        }
    }

    private sealed class Content(IReadOnlyList<string> services)
    {
        public IReadOnlyList<string> Services => services;

        public Dictionary<string, FileDescriptor> Files { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, FileDescriptor> Symbols { get; } = new(StringComparer.Ordinal);
    }
}
