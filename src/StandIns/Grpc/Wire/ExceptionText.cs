namespace Grpc.Wire;

/// <summary>An exception and those inside it, in one line.</summary>
internal static class ExceptionText
{
    public static string Of(Exception exception)
    {
        var text = $"{exception.GetType().Name}: {exception.Message}";
        return exception.InnerException is { } inner ? $"{text} {Of(inner)}" : text;
    }
}
