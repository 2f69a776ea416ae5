namespace ImageBuilder.Registry.Transport;

/// <summary>A name that resolved to one place when it was checked resolves to a nearer one when it is connected to; never leaves this room.</summary>
#pragma warning disable CA1032, CA1064 // Internal, and made in one way only.
internal sealed class ForeignAddressException() : Exception("its name now resolves to an address inside this network");
#pragma warning restore CA1032, CA1064
