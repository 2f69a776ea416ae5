using ImageBuilder.Silo.Commands;

return await SiloCommand.InvokeAsync(args, Console.Out, Console.Error);
