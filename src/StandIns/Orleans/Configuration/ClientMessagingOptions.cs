namespace Orleans.Configuration;

/// <summary>How calls of a client are sent. In one process every caller is in the silo, so that its options rule.</summary>
public class ClientMessagingOptions : MessagingOptions;
