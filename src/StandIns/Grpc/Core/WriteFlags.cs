namespace Grpc.Core;

/// <summary>How one message is written.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>Sent at once; compressed when the call is.</summary>
    None = 0,

    /// <summary>May wait for the next message.</summary>
    BufferHint = 0x1,

    /// <summary>Never compressed.</summary>
    NoCompress = 0x2,
}
