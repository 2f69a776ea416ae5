namespace ImageBuilder.Registry.Tests.Credentials;

/// <summary>A folder with a docker config file and credential helpers that are shell scripts.</summary>
internal sealed class HelperFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("helpers-").FullName;

    /// <summary>The docker config file.</summary>
    public string Config => Path.Combine(_folder, "config.json");

    /// <summary>Where helpers are found, and the programs that their scripts use.</summary>
    public string SearchPath => $"{_folder}:/usr/bin:/bin";

    /// <summary>A file that the scripts know as <c>$here/<paramref name="name"/></c>.</summary>
    public string File(string name) => Path.Combine(_folder, name);

    /// <summary>Writes the docker config file.</summary>
    public void Configure(string json) => System.IO.File.WriteAllText(Config, json);

    /// <summary>Makes the helper <c>docker-credential-<paramref name="name"/></c>; <c>$host</c> is what it was asked for, and every call is noted.</summary>
    public void Add(string name, string script)
    {
        var path = Path.Combine(_folder, $"docker-credential-{name}");
        System.IO.File.WriteAllText(path, $"#!/bin/sh\nhere='{_folder}'\nhost=$(cat)\necho \"{name} $1 $host\" >> $here/calls\n{script}\n");
        System.IO.File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    /// <summary>The calls of helpers so far, each as "name verb input".</summary>
    public string[] Calls() => System.IO.File.Exists(File("calls")) ? System.IO.File.ReadAllLines(File("calls")) : [];

    /// <summary>Waits until a script has made the file <paramref name="name"/>, and gives its content.</summary>
    public async Task<string> AppearAsync(string name)
    {
        while (!System.IO.File.Exists(File(name)))
        {
            await Task.Delay(5);
        }

        return await System.IO.File.ReadAllTextAsync(File(name));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
