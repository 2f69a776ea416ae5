using ImageBuilder.Silo;
using ImageBuilder.Silo.Commands;

return await SiloCommand.InvokeAsync(args, ServiceHost.RunAsync, Console.Out, Console.Error);
