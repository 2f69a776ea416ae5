namespace Orleans.Configuration;

/// <summary>How calls of a silo are sent.</summary>
public class SiloMessagingOptions : MessagingOptions;
