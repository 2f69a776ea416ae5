using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Grains;

/// <summary>Puts a question to a <see cref="IReferenceGrain"/> until it is answered: no single call of a grain may take as long as a registry.</summary>
public static class ReferenceQuestion
{
    /// <summary>How long an impatient question is put: longer than a request may take, shorter than a user waits.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>How long a patient one is put: "too many requests" is waited out up to 5 minutes, after a first try.</summary>
    private static readonly TimeSpan PatientLimit = TimeSpan.FromSeconds(330);

    /// <summary>The answer, never <see cref="ResolveOutcome.Waiting"/>.</summary>
    /// <param name="resolve">Calls the grain.</param>
    /// <param name="query">The question.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cancellationToken">Leaves without an answer; requests to the registry go on, for others wait for them too.</param>
    public static async Task<ResolveAnswer> AskAsync(
        Func<ResolveQuery, Task<ResolveAnswer>> resolve, ResolveQuery query, TimeProvider clock, CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        var limit = query.Patient ? PatientLimit : Limit;
        while (true)
        {
            var answer = await resolve(query).WaitAsync(cancellationToken);
            if (answer.Outcome != ResolveOutcome.Waiting)
            {
                return answer;
            }

            if (clock.GetElapsedTime(begun) >= limit)
            {
                return new ResolveAnswer(ResolveOutcome.Failed, string.Empty, $"the registry gave no answer within {limit.TotalSeconds} s; please ask again");
            }

            query = query with { Ticket = answer.Ticket };
        }
    }
}
