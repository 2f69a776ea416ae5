using ImageBuilder.Bob.Commands;

// The two verbs without flags, which start with every build, do without the command-line parser: it costs more than what they do before their work.
return args switch
{
    ["init"] => await InitVerb.RunAsync([]),
    ["build"] => await BuildVerb.RunAsync(),
    [StepMountsVerb.Name, var bundle, var graph, .. var folders] => StepMountsVerb.Run(bundle, graph, folders),
    _ => await BobCommand.RunAsync(args),
};
