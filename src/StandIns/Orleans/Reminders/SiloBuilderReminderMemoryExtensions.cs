using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Runtime;

namespace Orleans.Hosting;

/// <summary>Reminders that outlive activations, not the process.</summary>
public static class SiloBuilderReminderMemoryExtensions
{
    /// <summary>Adds them.</summary>
    public static ISiloBuilder UseInMemoryReminderService(this ISiloBuilder builder)
    {
        builder.Services.TryAddSingleton<ReminderService>();
        return builder;
    }
}
